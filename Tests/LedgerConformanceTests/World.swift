import Entitlements
import Ledger

/// One test's own ledger, with the few words that tests say to it again and again.
final class World {
    let ledger: any Ledger
    private let folder: TemporaryFolder
    private var sent = 0

    init(_ factory: LedgerFactory) throws {
        folder = try TemporaryFolder()
        ledger = try factory.make(folder)
    }

    /// Records one delivery for each event and folds it at once, as if it had come alone.
    @discardableResult
    func tell(
        _ events: BillingEvent...,
        policy: FoldPolicy = FoldPolicy(),
        now: Timestamp = at(0)
    ) async throws -> Set<CustomerKey> {
        var marked: Set<CustomerKey> = []
        for event in events {
            marked.formUnion(try await fold([event], policy: policy, now: now).marked)
        }
        return marked
    }

    /// Records one delivery that says all the events, and folds it.
    @discardableResult
    func fold(
        _ events: [BillingEvent],
        policy: FoldPolicy = FoldPolicy(),
        now: Timestamp = at(0)
    ) async throws -> (number: DeliveryNumber, marked: Set<CustomerKey>) {
        let number = try await deliver(now: now)
        let marked = try await ledger.fold([UnfoldedDelivery(number: number, events: events)], policy: policy, now: now)
        return (number, marked)
    }

    /// Records a delivery and leaves it waiting.
    func deliver(now: Timestamp = at(0)) async throws -> DeliveryNumber {
        sent += 1
        guard case .recorded(let number) = try await ledger.record([.sample("made-\(sent)", now: now)]).first else {
            throw Unexpected(what: "a new delivery was not recorded")
        }
        return number
    }

    /// A customer with one paid subscription, whose lane was claimed.
    func claimed(
        _ id: String = "77",
        lease: Duration = .seconds(60),
        now: Timestamp = at(0)
    ) async throws -> Claim {
        try await tell(.paid("s-\(id)".asID, customer: id, email: "u\(id)@example.com"), now: now)
        return try await claim(lease: lease, now: now)
    }

    func claim(lease: Duration = .seconds(60), now: Timestamp) async throws -> Claim {
        let claims = try await ledger.claimDue(limit: 1, lease: lease, now: now)
        guard let claim = claims.first else { throw Unexpected(what: "nobody was due") }
        return claim
    }

    /// Claims everybody and leaves all of them converged.
    func settle(now: Timestamp) async throws {
        for claim in try await ledger.claimDue(limit: 1000, lease: .seconds(60), now: now) {
            try await ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: now)
        }
    }

    func record(of key: CustomerKey) async throws -> CustomerRecord {
        guard let file = try await ledger.file(of: key) else { throw Unexpected(what: "no customer \(key)") }
        return file.record
    }

    func row(of key: CustomerKey) async throws -> CustomerRow {
        guard let row = try await ledger.customers(CustomerQuery(limit: 1000)).first(where: { $0.key == key }) else {
            throw Unexpected(what: "no customer \(key)")
        }
        return row
    }
}

/// A test's own assumption did not hold.
struct Unexpected: Error {
    var what: String
}

/// So many seconds after the moment at which every test begins.
func at(_ seconds: Int64) -> Timestamp {
    Timestamp(seconds: 1_790_000_000 + seconds)
}

extension BillingEvent {
    /// An event of a subscription, said at a moment and with these facts.
    static func of(
        _ subscription: SubscriptionID?,
        _ kind: Kind,
        at seconds: Int64 = 0,
        revision: Int64? = nil,
        customer: String? = nil,
        email: Stated<String> = .unstated,
        _ set: (inout EventFacts) -> Void = { _ in }
    ) -> BillingEvent {
        var facts = EventFacts()
        facts.customerID = customer.map { .value($0) } ?? .unstated
        facts.email = email
        set(&facts)
        let order = EventOrder(
            source: "paymenter",
            revision: revision,
            occurredAt: Timestamp(seconds: 1_790_000_000 + seconds),
            stampedAt: Timestamp(seconds: 1_790_000_000 + seconds),
            receivedAt: Timestamp(seconds: 1_790_000_000 + seconds)
        )
        return BillingEvent(kind: kind, subscription: subscription, order: order, facts: facts)
    }

    /// A first payment for a product.
    static func paid(
        _ subscription: SubscriptionID,
        at seconds: Int64 = 0,
        customer: String? = nil,
        email: String? = nil
    ) -> BillingEvent {
        of(
            subscription,
            .paymentSucceeded,
            at: seconds,
            customer: customer,
            email: email.map { .value($0) } ?? .unstated
        ) { $0.product = .value("fire-elemental") }
    }
}

extension NewDelivery {
    static func sample(
        _ id: String,
        source: String = "paymenter",
        body: String = "{}",
        verdict: Verdict = .accepted,
        now: Timestamp = at(0)
    ) -> NewDelivery {
        NewDelivery(
            source: source,
            webhookID: id,
            event: "payment.succeeded",
            stampedAt: now,
            receivedAt: now,
            body: Array(body.utf8),
            secretIndex: 1,
            verdict: verdict
        )
    }
}

extension PanelOperation {
    static func sample(_ customer: CustomerKey, _ detail: String = "add", panel: PanelName = "main") -> PanelOperation {
        PanelOperation(
            customer: customer,
            panel: panel,
            kind: .addSubuser,
            server: PanelServerID(panel: panel, number: 5),
            detail: detail,
            before: .access(of: "uuid", grant: .sample(5, panel: panel, observed: .absent)),
            startedAt: at(0)
        )
    }
}

extension AccountLink {
    static func sample(_ id: Int, uuid: String = "uuid") -> AccountLink {
        AccountLink(
            account: PanelAccount(
                id: id,
                uuid: uuid,
                externalID: nil,
                email: "a@example.com",
                username: "a",
                isRootAdmin: false
            ),
            isOurs: true,
            customerEmail: "a@example.com"
        )
    }
}

extension Grant {
    static func sample(
        _ server: Int,
        panel: PanelName = "main",
        active: Bool = true,
        observed: ObservedRow = .present(["websocket.connect"])
    ) -> Grant {
        var grant = Grant(server: PanelServerID(panel: panel, number: server), serverUUID: "server-\(server)")
        if active {
            let reason = GrantReason(source: .subscription("s1"), tier: "elemental", product: "fire-elemental")
            grant.reasons = [reason: ["websocket.connect"]]
        }
        grant.everGranted = ["websocket.connect"]
        grant.observed = observed
        return grant
    }
}

extension Override {
    static func sample(_ id: OverrideID, _ kind: Kind, created: Int64 = 0, until: Timestamp? = nil) -> Override {
        Override(id: id, kind: kind, reason: "because", author: "ada", createdAt: at(created), until: until)
    }
}
