import Entitlements
import Testing

/// Which rows go back to what, and which are left alone.
struct RollbackTests {
    private static let ada: CustomerKey = .id("77")
    private static let one = PanelServerID(panel: "main", number: 1)
    private static let gone: ObservedRow = .absent
    private static let basic: ObservedRow = .present(["websocket.connect"])
    private static let more: ObservedRow = .present(["websocket.connect", "control.console"])

    private static func grant(_ row: ObservedRow, uuid: String = "uuid-1") -> Grant {
        var grant = Grant(server: one, serverUUID: uuid)
        grant.observed = row
        return grant
    }

    /// An operation that found one row and left another; `nil` if it changed nothing.
    private static func operation(_ found: ObservedRow, _ left: ObservedRow?, account: String = "ada")
        -> RecordedOperation
    {
        RecordedOperation(
            customer: ada,
            server: one,
            detail: "a change",
            before: .access(of: account, grant: grant(found)),
            after: left.map { .row(of: account, $0) }
        )
    }

    private static func plan(
        _ operations: [RecordedOperation],
        now: ObservedRow,
        account: String = "ada",
        server: String? = "uuid-1"
    ) -> RollbackPlan {
        planRollback(
            of: operations,
            present: [ada: PresentAccess(accounts: ["main": account], rows: [one: now])],
            servers: server.map { [one: $0] } ?? [:]
        )
    }

    @Test func `a row goes back to what the first operation found, if it is what the last one left`() throws {
        let story = [Self.operation(Self.gone, Self.basic), Self.operation(Self.basic, Self.more)]
        for now in [Self.more, .unread] {
            let plan = Self.plan(story, now: now)
            let step = try #require(plan.steps.first)
            #expect(plan.steps.count == 1 && plan.left.isEmpty)
            #expect(step.way.expected == Self.more)
            #expect(step.way.target.observed == Self.gone)
        }
    }

    @Test(
        arguments: [
            ("nothing happened in the end", [(Self.gone, Self.basic), (Self.basic, Self.gone)]),
            ("it is back already", [(Self.gone, Self.basic)]),
            ("every attempt failed", [(Self.gone, nil), (Self.gone, nil)]),
        ] as [(String, [(ObservedRow, ObservedRow?)])]
    )
    func `where there is nothing to do, nothing is planned`(_ what: String, _ story: [(ObservedRow, ObservedRow?)]) {
        let plan = Self.plan(story.map { Self.operation($0.0, $0.1) }, now: Self.gone)
        #expect(plan.steps.isEmpty && plan.left.isEmpty, "\(what)")
    }

    @Test func `what somebody changed since is left alone, and said`() {
        let plan = Self.plan([Self.operation(Self.gone, Self.basic)], now: Self.more)
        #expect(plan.steps.isEmpty)
        #expect(
            plan.left.map(\.why) == [
                "Somebody changed it since: it was left as websocket.connect, and now it is control.console, websocket.connect."
            ]
        )
    }

    @Test func `another account, another server, and a server that is gone are left alone`() {
        let story = [Self.operation(Self.gone, Self.basic)]
        #expect(
            Self.plan(story, now: Self.basic, account: "eve").left.map(\.why) == [
                "The customer's account is another than it was then."
            ]
        )
        for server in ["uuid-2", nil] {
            let plan = Self.plan(story, now: Self.basic, server: server)
            #expect(plan.steps.isEmpty)
            #expect(plan.left.map(\.why) == ["The server is gone, or is another than it was then."])
        }
    }

    @Test func `accounts are neither deleted nor changed, and what has no way back is said`() {
        let account = PanelAccount(
            id: 7,
            uuid: "ada",
            externalID: nil,
            email: "old@example.com",
            username: "ada",
            isRootAdmin: false
        )
        func operation(_ before: PanelImage?, _ after: PanelImage?) -> RecordedOperation {
            RecordedOperation(customer: Self.ada, server: nil, detail: "it", before: before, after: after)
        }
        let plan = Self.plan(
            [
                operation(.noAccount, .account(account)), operation(.account(account), .account(account)),
                operation(.account(account), .noAccount), operation(.described(words: "x"), .described(words: "y")),
                operation(.noAccount, nil),
            ],
            now: .unread
        )
        #expect(plan.steps.isEmpty)
        #expect(
            plan.left.map(\.why) == [
                "An account that was made since stays (it).",
                "An account is not changed back; before, it was ada (old@example.com), external id none (it).",
                "An account that was deleted cannot be brought back (it).",
                "What a console was told stays as it is (it).",
            ]
        )
    }

    @Test func `a command to a server's console keeps no row from going back, and is said once`() {
        let sent = RecordedOperation(
            customer: Self.ada,
            server: Self.one,
            detail: "send \"lp user Ada parent addtemp knight 1 replace\"",
            before: .described(words: "nothing"),
            after: .described(words: "sent")
        )
        let story = [sent, Self.operation(Self.gone, Self.basic), sent, Self.operation(Self.basic, Self.more), sent]
        for now in [Self.more, .unread] {
            let plan = Self.plan(story, now: now)
            #expect(plan.steps.map(\.way.target.observed) == [Self.gone])
            #expect(plan.steps.map(\.way.expected) == [Self.more])
            #expect(
                plan.left.map(\.why) == [
                    "What a console was told stays as it is (send \"lp user Ada parent addtemp knight 1 replace\")."
                ]
            )
        }
    }

    @Test func `what was given then is given again, and nothing that we ever gave is forgotten`() {
        let reason = GrantReason(source: .subscription("1"), tier: "basic", product: nil)
        var then = Self.grant(Self.more)
        then.reasons = [reason: ["control.console"]]
        then.everGranted = ["control.console"]
        then.handMade = ["file.read"]
        var now = Self.grant(Self.gone)
        now.everGranted = ["control.console", "file.sftp"]
        let restored = then.restored(over: now, observed: Self.more)
        #expect(restored.reasons == then.reasons)
        #expect(restored.handMade == ["file.read"])
        #expect(restored.everGranted == ["control.console", "file.sftp"])
        #expect(restored.observed == Self.more)
    }

    /// Random stories: following the plan gives the rows of that time wherever nobody else changed anything, and nothing elsewhere.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `a plan leads back exactly, and touches nothing that others did`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rows = [Self.gone, Self.basic, Self.more, .present(["websocket.connect", "file.read"])]
        var first: ObservedRow?
        var present = rows[Int(random.next() % 4)]
        var operations: [RecordedOperation] = []
        for _ in 0..<(1 + random.next() % 5) {
            let next = rows[Int(random.next() % 4)]
            let fails = random.next() % 4 == 0
            operations.append(Self.operation(present, fails ? nil : next))
            first = first ?? present
            if !fails { present = next }
        }
        let byHand = random.next() % 3 == 0
        let ours = present
        if byHand { present = .present(["websocket.connect", "settings.rename"]) }
        let plan = Self.plan(operations, now: present)
        if byHand {
            #expect(plan.steps.isEmpty)
        } else if ours == first {
            #expect(plan.steps.isEmpty && plan.left.isEmpty)
        } else {
            #expect(plan.steps.map(\.way.target.observed) == [first])
            #expect(plan.steps.map(\.way.expected) == [ours])
        }
    }
}
