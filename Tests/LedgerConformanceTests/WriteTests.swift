import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WriteTests {
    @Test(arguments: LedgerFactory.all)
    func `intents get their numbers in their order, outcomes settle them`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        var step = LaneWrite()
        step.intents = [
            .sample(claim.customer, "one"), .sample(claim.customer, "two"), .sample(claim.customer, "three"),
        ]
        var written = try await world.ledger.write(step, under: claim, now: at(0))
        #expect(written.map(\.detail) == ["one", "two", "three"])
        #expect(written.map(\.number) == written.map(\.number).sorted())
        #expect(Set(written.map(\.number)).count == 3 && !written.contains { $0.number == 0 })
        #expect(try await world.ledger.file(of: claim.customer)?.unsettled == written)

        written[0].state = .done
        written[0].finishedAt = at(5)
        written[0].answer = "204"
        written[0].after = .row(of: "uuid", .present(["websocket.connect"]))
        written[1].state = .unknown
        written[2].state = .refused
        step = LaneWrite()
        step.outcomes = written
        #expect(try await world.ledger.write(step, under: claim, now: at(5)).isEmpty)
        #expect(try await world.ledger.file(of: claim.customer)?.unsettled == [written[1]])
        let all = try await world.ledger.operations(of: claim.customer, state: nil, before: nil, limit: 10)
        #expect(all == written.reversed())
        #expect(
            try await world.ledger.operations(of: nil, state: .done, before: nil, limit: 10) == [written[0]]
        )
        #expect(
            try await world.ledger.operations(of: claim.customer, state: nil, before: written[2].number, limit: 1)
                == [written[1]]
        )
        #expect(
            try await world.ledger.operations(of: claim.customer, state: .blocked, before: nil, limit: 10).isEmpty
        )
        #expect(try await world.ledger.operations(of: .id("1"), state: nil, before: nil, limit: 10).isEmpty)
        #expect(try await world.ledger.operations(of: nil, state: nil, before: nil, limit: 10).count == 3)
    }

    @Test(arguments: LedgerFactory.all)
    func `a lane settles only operations of its own customer`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let first = try await world.claimed("1")
        let second = try await world.claimed("2")
        var step = LaneWrite()
        step.intents = [.sample(first.customer)]
        var written = try await world.ledger.write(step, under: first, now: at(0))
        written[0].state = .done
        step = LaneWrite()
        step.outcomes = written
        _ = try await world.ledger.write(step, under: second, now: at(1))
        #expect(try await world.ledger.file(of: first.customer)?.unsettled.count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `grants and links are kept, replaced, forgotten and unlinked`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        var step = LaneWrite()
        step.links = ["main": .sample(7), "second": .sample(8)]
        step.grants = [.sample(5), .sample(6), .sample(5, panel: "second")]
        _ = try await world.ledger.write(step, under: claim, now: at(0))
        var file = try #require(try await world.ledger.file(of: claim.customer))
        #expect(file.links == step.links)
        #expect(file.grants == step.grants)

        step = LaneWrite()
        var link = AccountLink.sample(9, uuid: "other")
        link.accessEndedAt = at(3)
        step.links = ["main": link]
        step.grants = [.sample(5, active: false, observed: .absent)]
        step.forgotten = [PanelServerID(panel: "main", number: 6)]
        _ = try await world.ledger.write(step, under: claim, now: at(1))
        file = try #require(try await world.ledger.file(of: claim.customer))
        #expect(file.links == ["main": link, "second": .sample(8)])
        #expect(file.grants == [step.grants[0], .sample(5, panel: "second")])

        step = LaneWrite()
        step.unlinked = ["second"]
        _ = try await world.ledger.write(step, under: claim, now: at(2))
        file = try #require(try await world.ledger.file(of: claim.customer))
        #expect(file.links == ["main": link])
        #expect(file.grants.map(\.server.panel) == ["main"])
    }

    @Test(arguments: LedgerFactory.all)
    func `one account belongs to one customer, and a step that says otherwise writes nothing`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let first = try await world.claimed("1")
        let second = try await world.claimed("2")
        var step = LaneWrite()
        step.links = ["main": .sample(7)]
        step.intents = [.sample(first.customer)]
        _ = try await world.ledger.write(step, under: first, now: at(0))
        await #expect(throws: (any Error).self) { _ = try await world.ledger.write(step, under: second, now: at(0)) }
        let file = try #require(try await world.ledger.file(of: second.customer))
        #expect(file.links.isEmpty && file.unsettled.isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `audits find accounts, owners and grants`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let first = try await world.claimed("1")
        let second = try await world.claimed("2")
        var step = LaneWrite()
        step.links = ["main": .sample(7, uuid: "u7")]
        step.grants = [.sample(5, observed: .present(["websocket.connect", "control.console"])), .sample(6)]
        _ = try await world.ledger.write(step, under: first, now: at(0))
        step.links = ["main": .sample(8, uuid: "u8"), "second": .sample(7, uuid: "else")]
        step.grants = [.sample(5, active: false), .sample(6, observed: .unread), .sample(5, panel: "second")]
        _ = try await world.ledger.write(step, under: second, now: at(0))

        #expect(
            try await world.ledger.linkedAccounts(on: "main") == [
                7: LinkedAccount(customer: .id("1"), uuid: "u7"), 8: LinkedAccount(customer: .id("2"), uuid: "u8"),
            ]
        )
        #expect(try await world.ledger.linkedAccounts(on: "none").isEmpty)
        let onFive = try await world.ledger.grants(on: PanelServerID(panel: "main", number: 5))
        #expect(onFive[7] == .sample(5, observed: .present(["websocket.connect", "control.console"])))
        #expect(onFive[8] == .sample(5, active: false), "also what is over")
        let onSix = try await world.ledger.grants(on: PanelServerID(panel: "main", number: 6))
        #expect(onSix == [7: .sample(6), 8: .sample(6, observed: .unread)])
        #expect(try await world.ledger.grants(on: PanelServerID(panel: "second", number: 5)).count == 1)
        let onMain = try await world.ledger.owners(of: [7: "u7", 8: "u8", 9: "u9"], on: "main")
        #expect(onMain == [7: .id("1"), 8: .id("2")])
        #expect(try await world.ledger.owners(of: [7: "else"], on: "second") == [7: .id("2")])
        #expect(try await world.ledger.owners(of: [7: "another"], on: "second").isEmpty, "the id was given out anew")
        #expect(try await world.ledger.owners(of: [:], on: "main").isEmpty)
    }
}
