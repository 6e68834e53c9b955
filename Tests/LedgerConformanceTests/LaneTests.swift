import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LaneTests {
    @Test(arguments: LedgerFactory.all)
    func `the urgent come first, then who waited longest, and each is claimed once`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        for id in ["a", "b", "c", "d"] { try await world.tell(.paid("s-\(id)".asID, customer: id)) }
        try await world.settle(now: at(0))
        try await world.ledger.mark([.id("a")], priority: .audit, now: at(1))
        try await world.ledger.mark([.id("b")], priority: .audit, now: at(2))
        try await world.ledger.mark([.id("c")], priority: .newlyPaid, now: at(3))
        #expect(try await world.ledger.claimDue(limit: 10, lease: .seconds(60), now: at(0)).isEmpty)
        let first = try await world.ledger.claimDue(limit: 2, lease: .seconds(60), now: at(4))
        #expect(first.map(\.customer) == [.id("c"), .id("a")])
        let second = try await world.ledger.claimDue(limit: 2, lease: .seconds(60), now: at(4))
        #expect(second.map(\.customer) == [.id("b")])
        #expect(try await world.ledger.claimDue(limit: 2, lease: .seconds(60), now: at(4)).isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `the urgent can be claimed apart from the others, and what waits is due as urgently as it was left`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        for id in ["a", "b", "c"] { try await world.tell(.paid("s-\(id)".asID, customer: id)) }
        try await world.settle(now: at(0))
        try await world.ledger.mark([.id("a")], priority: .change, now: at(1))
        try await world.ledger.mark([.id("b")], priority: .restore, now: at(2))
        func urgent(_ now: Timestamp) async throws -> [Claim] {
            try await world.ledger.claimDue(limit: 9, atLeast: .restore, lease: .seconds(60), now: now)
        }
        #expect(try await urgent(at(3)).map(\.customer) == [.id("b")])
        #expect(try await urgent(at(3)).isEmpty)
        let claim = try await world.claim(now: at(3))
        #expect(claim.customer == .id("a"))
        let waiting = LaneOutcome(state: .working, hasAccess: true, dueAt: at(10), dueAs: .revocation)
        try await world.ledger.finish(claim, waiting, now: at(4))
        #expect(try await world.claim(now: at(10)).priority == .revocation)
    }

    @Test(arguments: LedgerFactory.all)
    func `a customer that is marked again and again keeps its place`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await world.tell(.paid("s1", customer: "a"), .paid("s2", customer: "b"))
        try await world.settle(now: at(0))
        try await world.ledger.mark([.id("b")], priority: .change, now: at(1))
        try await world.ledger.mark([.id("a")], priority: .change, now: at(2))
        try await world.ledger.mark([.id("b")], priority: .audit, now: at(3))
        let claims = try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(4))
        #expect(claims.map(\.customer) == [.id("b")])
        #expect(claims.map(\.priority) == [.change])
        #expect(claims.map(\.workingSince) == [at(1)])
    }

    @Test(arguments: LedgerFactory.all)
    func `many workers at once never hold one customer twice`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        for number in 0..<30 { try await world.tell(.paid("s\(number)".asID, customer: "\(number)")) }
        let ledger = world.ledger
        let claimed = try await withThrowingTaskGroup(of: [Claim].self) { group in
            for _ in 0..<20 {
                group.addTask { try await ledger.claimDue(limit: 3, lease: .seconds(60), now: at(1)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == 30)
        #expect(Set(claimed.map(\.customer)).count == 30)
    }

    @Test(arguments: LedgerFactory.all)
    func `a claim that outlived its lease passes to another and writes nothing more`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        let first = try await world.claimed(lease: .seconds(60))
        #expect(try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(59)).isEmpty)
        let second = try await world.claim(now: at(60))
        #expect(second.customer == first.customer)
        #expect(second.fence > first.fence)

        let lost = LeaseLost(customer: first.customer)
        var step = LaneWrite()
        step.intents = [.sample(first.customer)]
        step.links = ["main": .sample(7)]
        step.grants = [.sample(5)]
        await #expect(throws: lost) { _ = try await world.ledger.write(step, under: first, now: at(61)) }
        await #expect(throws: lost) { try await world.ledger.extend(first, lease: .seconds(900), now: at(61)) }
        await #expect(throws: lost) { try await world.ledger.release(first, now: at(61)) }
        await #expect(throws: lost) {
            try await world.ledger.finish(first, LaneOutcome(state: .converged, hasAccess: true), now: at(61))
        }
        let file = try #require(try await world.ledger.file(of: first.customer))
        #expect(file.links.isEmpty && file.grants.isEmpty && file.unsettled.isEmpty)
        #expect(try await world.row(of: first.customer).state == .working)
        #expect(try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(62)).isEmpty)
        try await world.ledger.finish(second, LaneOutcome(state: .converged, hasAccess: true), now: at(63))
    }

    @Test(arguments: LedgerFactory.all)
    func `who gave the lane back writes nothing more`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        let outcome = LaneOutcome(state: .converged, hasAccess: true)
        try await world.ledger.finish(claim, outcome, now: at(1))
        let lost = LeaseLost(customer: claim.customer)
        await #expect(throws: lost) { _ = try await world.ledger.write(LaneWrite(), under: claim, now: at(2)) }
        await #expect(throws: lost) { try await world.ledger.extend(claim, lease: .seconds(60), now: at(2)) }
        await #expect(throws: lost) { try await world.ledger.finish(claim, outcome, now: at(2)) }
        await #expect(throws: lost) { try await world.ledger.release(claim, now: at(2)) }
        try await world.ledger.mark(nil, priority: .change, now: at(3))
        #expect(try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(3)).count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `an extended lease holds longer`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed(lease: .seconds(60))
        try await world.ledger.extend(claim, lease: .seconds(60), now: at(50))
        #expect(try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(109)).isEmpty)
        #expect(try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(110)).count == 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `a released lane is claimed again at once, as it was`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        try await world.ledger.release(claim, now: at(1))
        let again = try await world.claim(now: at(1))
        #expect(again.priority == claim.priority)
        #expect(again.mark == claim.mark)
        #expect(again.attempt == claim.attempt)
        #expect(again.workingSince == claim.workingSince)
        #expect(again.fence > claim.fence)
    }

    @Test(arguments: LedgerFactory.all)
    func `a mark during the work makes the customer due again`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        try await world.tell(.of("s-77", .cancelled, at: 5), now: at(5))
        #expect(try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(6)).isEmpty)
        try await world.ledger.finish(
            claim,
            LaneOutcome(state: .converged, hasAccess: true, dueAt: at(9000)),
            now: at(7)
        )
        #expect(try await world.ledger.nextDue() == at(7))
        let again = try await world.claim(now: at(7))
        #expect(again.priority <= .revocation)
        try await world.ledger.finish(
            again,
            LaneOutcome(state: .converged, hasAccess: false, dueAt: at(9000)),
            now: at(8)
        )
        #expect(try await world.ledger.nextDue() == at(9000))
        #expect(try await world.ledger.claimDue(limit: 1, lease: .seconds(60), now: at(8)).isEmpty)
        #expect(try await world.claim(now: at(9000)).priority == .audit)
    }

    @Test(arguments: LedgerFactory.all)
    func `an outcome is what lists show`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        var claim = try await world.claimed()
        let blocked = LaneOutcome(
            state: .blocked,
            reasons: ["The panel \"main\" is away.", "Zoë's server"],
            hasAccess: nil,
            dueAt: at(30),
            attempt: 3
        )
        try await world.ledger.finish(claim, blocked, now: at(10))
        var row = try await world.row(of: claim.customer)
        #expect(row.state == .blocked)
        #expect(row.reasons == blocked.reasons)
        #expect(row.stateSince == at(10))
        #expect(row.dueAt == at(30))
        #expect(row.attempt == 3)
        claim = try await world.claim(now: at(30))
        #expect(claim.attempt == 3)
        #expect(claim.workingSince == at(0))
        try await world.ledger.finish(claim, blocked, now: at(40))
        row = try await world.row(of: claim.customer)
        #expect(row.stateSince == at(10))
    }

    @Test(arguments: LedgerFactory.all)
    func `who is to be looked at stays so until somebody did, however urgent what comes between`(
        _ factory: LedgerFactory
    )
        async throws
    {
        let world = try World(factory)
        var claim = try await world.claimed()
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: at(1))
        try await world.ledger.mark([claim.customer], priority: .audit, now: at(2))
        try await world.ledger.mark(nil, priority: .change, now: at(2))
        claim = try await world.claim(now: at(3))
        #expect(claim.priority == .change && claim.mustLook)
        let blocked = LaneOutcome(state: .blocked, leavesLosses: true, hasAccess: nil, dueAt: at(5))
        try await world.ledger.finish(claim, blocked, now: at(4))
        claim = try await world.claim(now: at(5))
        #expect(claim.mustLook, "the panel was away")
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: at(6))
        try await world.ledger.mark([claim.customer], priority: .change, now: at(7))
        #expect(try await !world.claim(now: at(8)).mustLook)
    }

    @Test(arguments: LedgerFactory.all)
    func `whoever is to be looked at again counts as converged only once somebody has looked`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        let done = LaneOutcome(state: .converged, hasAccess: true)
        var claim = try await world.claimed()
        try await world.ledger.mark([claim.customer], priority: .change, now: at(1))
        try await world.ledger.finish(claim, done, now: at(2))
        #expect(try await world.row(of: claim.customer).state == .working, "something came while it was looked at")
        claim = try await world.claim(now: at(3))
        try await world.ledger.finish(claim, done, now: at(4))
        #expect(try await world.row(of: claim.customer).state == .converged)

        for priority in [LanePriority.change, .audit] {
            for customers in [[claim.customer], nil] as [Set<CustomerKey>?] {
                try await world.ledger.mark(customers, priority: priority, now: at(5))
                let row = try await world.row(of: claim.customer)
                #expect(row.state == .working && row.stateSince == at(5) && row.reasons == [CustomerRow.isInLine])
                claim = try await world.claim(now: at(5))
                try await world.ledger.finish(claim, done, now: at(6))
            }
        }
        try await world.ledger.mark(nil, priority: .change, now: at(7))
        claim = try await world.claim(now: at(7))
        try await world.ledger.finish(claim, LaneOutcome(state: .blocked, hasAccess: true), now: at(8))
        try await world.ledger.mark(nil, priority: .change, now: at(9))
        let row = try await world.row(of: claim.customer)
        #expect(row.state == .blocked && row.stateSince == at(8))
    }

    @Test(arguments: LedgerFactory.all)
    func `a new customer whose first try failed is still a new customer`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        #expect(claim.priority == .newlyPaid)
        let outcome = LaneOutcome(state: .working, hasAccess: true, dueAt: at(2), attempt: 1)
        try await world.ledger.finish(claim, outcome, now: at(1))
        #expect(try await world.claim(now: at(2)).priority == .newlyPaid)
    }

    @Test(arguments: LedgerFactory.all)
    func `tries are counted from the first that failed, also when nothing but time began them`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        var claim = try await world.claimed()
        try await world.ledger.finish(
            claim,
            LaneOutcome(state: .converged, hasAccess: true, dueAt: at(100)),
            now: at(1)
        )
        claim = try await world.claim(now: at(100))
        #expect(claim.workingSince == at(100))
        let failed = LaneOutcome(state: .working, hasAccess: true, dueAt: at(200), attempt: 1)
        try await world.ledger.finish(claim, failed, now: at(101))
        claim = try await world.claim(now: at(200))
        #expect(claim.workingSince == at(100))
        // An event in between does not start the count anew.
        try await world.ledger.mark([claim.customer], priority: .change, now: at(201))
        try await world.ledger.finish(claim, failed, now: at(202))
        claim = try await world.claim(now: at(202))
        #expect(claim.workingSince == at(100))
        // Success does.
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: at(203))
        try await world.ledger.mark([claim.customer], priority: .change, now: at(300))
        #expect(try await world.claim(now: at(301)).workingSince == at(300))
    }

    @Test(arguments: LedgerFactory.all)
    func `what only waited for a moment was not tried in vain`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        var claim = try await world.claimed()
        let waiting = LaneOutcome(state: .working, reasons: ["settles"], hasAccess: true, dueAt: at(9000))
        try await world.ledger.finish(claim, waiting, now: at(1))
        claim = try await world.claim(now: at(9000))
        #expect(claim.workingSince == at(9000))
        #expect(claim.priority == .audit)
    }

    @Test(arguments: LedgerFactory.all)
    func `the next due is the earliest that somebody may claim`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        #expect(try await world.ledger.nextDue() == nil)
        let claim = try await world.claimed("1", lease: .seconds(60))
        #expect(try await world.ledger.nextDue() == at(60))
        let second = try await world.claimed("2", lease: .seconds(500))
        #expect(try await world.ledger.nextDue() == at(60))
        try await world.tell(.paid("s3", customer: "3"), now: at(10))
        #expect(try await world.ledger.nextDue() == at(10))
        let third = try await world.claim(now: at(10))
        try await world.ledger.finish(
            third,
            LaneOutcome(state: .converged, hasAccess: true, dueAt: at(40)),
            now: at(11)
        )
        #expect(try await world.ledger.nextDue() == at(40))
        try await world.ledger.finish(
            claim,
            LaneOutcome(state: .converged, hasAccess: true, dueAt: at(30)),
            now: at(11)
        )
        #expect(try await world.ledger.nextDue() == at(30))
        try await world.ledger.finish(second, LaneOutcome(state: .converged, hasAccess: true), now: at(11))
        #expect(try await world.ledger.nextDue() == at(30))
    }

    @Test(arguments: LedgerFactory.all)
    func `all can be marked, or those in some states`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        for id in ["a", "b", "c"] { try await world.tell(.paid("s-\(id)".asID, customer: id)) }
        let claims = try await world.ledger.claimDue(limit: 10, lease: .seconds(60), now: at(0))
        for (claim, state) in zip(claims, [CustomerState.converged, .blocked, .needsAttention]) {
            try await world.ledger.finish(claim, LaneOutcome(state: state, hasAccess: true), now: at(1))
        }
        try await world.ledger.markAll(in: [.blocked, .needsAttention], priority: .restore, now: at(2))
        let marked = try await world.ledger.claimDue(limit: 10, lease: .seconds(60), now: at(2))
        #expect(marked.map(\.customer) == [.id("b"), .id("c")])
        for claim in marked { try await world.ledger.release(claim, now: at(3)) }
        try await world.ledger.mark(nil, priority: .audit, now: at(4))
        #expect(try await world.ledger.claimDue(limit: 10, lease: .seconds(60), now: at(4)).count == 3)
        try await world.ledger.mark([.id("nobody")], priority: .audit, now: at(4))
        #expect(try await world.ledger.file(of: .id("nobody")) == nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `lanes of a process that is gone are free, and what it tried is unknown`(_ factory: LedgerFactory) async throws
    {
        let world = try World(factory)
        let claim = try await world.claimed("1", lease: .seconds(900))
        var step = LaneWrite()
        step.intents = [.sample(claim.customer)]
        let written = try await world.ledger.write(step, under: claim, now: at(0))
        try await world.tell(.paid("s2", customer: "2"))
        try await world.settle(now: at(1))

        try await world.ledger.releaseAllLanes(now: at(2))
        await #expect(throws: LeaseLost.self) {
            _ = try await world.ledger.write(LaneWrite(), under: claim, now: at(3))
        }
        let claims = try await world.ledger.claimDue(limit: 10, lease: .seconds(60), now: at(3))
        #expect(claims.map(\.customer) == [claim.customer])
        let unsettled = try #require(try await world.ledger.file(of: claim.customer)?.unsettled.first)
        #expect(unsettled.number == written.first?.number)
        #expect(unsettled.state == .unknown)
    }

    @Test(arguments: LedgerFactory.all)
    func `a customer with an operation of unknown outcome is due after a start`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let claim = try await world.claimed()
        var step = LaneWrite()
        step.intents = [.sample(claim.customer)]
        _ = try await world.ledger.write(step, under: claim, now: at(0))
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: at(1))
        #expect(try await world.ledger.nextDue() == nil)
        try await world.ledger.releaseAllLanes(now: at(2))
        #expect(try await world.ledger.nextDue() == at(2))
    }
}

extension String {
    var asID: SubscriptionID { SubscriptionID(self) }
}
