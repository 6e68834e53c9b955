import Entitlements
import Ledger
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RankTests {
    private static let key = RankKey(target: .named("network"), player: known("Steve"))

    private static func share(_ tier: TierID = "knight", empty: Bool = false, refunded: Bool = false) -> RankShare {
        var share = RankShare(key, wasRefunded: refunded)
        if !empty {
            share.perks[GrantReason(source: .subscription("s"), tier: tier, product: nil)] = Perk(
                tier: tier,
                rank: 1,
                expires: at(1000),
                group: LuckPermsGroup("knight")
            )
        }
        return share
    }

    @Test(arguments: LedgerFactory.all)
    func `the ranks of who paid can be claimed apart from the others`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        let other = RankKey(target: .named("network"), player: known("Alex"))
        try await Self.give(Self.share(), in: world)
        let claim = try #require(try await world.ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(1)).first)
        try await world.ledger.finish(claim, RankOutcome(state: .converged, isSent: true), now: at(1))
        // A repeated grant after a wipe is no purchase.
        #expect(try await world.ledger.regrant(.named("network"), called: "network", by: "a test", now: at(2)) == 1)
        var share = RankShare(other, wasRefunded: false)
        share.perks = Self.share().perks
        try await Self.give(share, to: "88", in: world, now: at(3))
        func urgent() async throws -> [RankKey] {
            try await world.ledger.claimDueRanks(limit: 9, atLeast: .restore, lease: .seconds(60), now: at(4))
                .map(\.key)
        }
        #expect(try await urgent() == [other])
        #expect(try await urgent().isEmpty)
        #expect(
            try await world.ledger.claimDueRanks(limit: 9, lease: .seconds(60), now: at(4)).map(\.key) == [Self.key]
        )
    }

    /// Writes a share for a claimed customer, and gives the customer back as converged.
    private static func give(_ share: RankShare, to id: String = "77", in world: World, now: Timestamp = at(0))
        async throws
    {
        let claim = try await world.claimed(id, now: now)
        var step = LaneWrite()
        step.rankShares = [share]
        try await world.write(step, claim, now: now)
        try await world.ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: now)
    }

    private static func sent() -> RankRecord {
        var record = RankRecord()
        record.sent[.luckPerms] = SentPerk(
            tier: "knight",
            expires: at(1000),
            customer: .id("77"),
            group: LuckPermsGroup("knight")
        )
        record.sentAt = at(5)
        return record
    }

    @Test(arguments: LedgerFactory.all)
    func `a share makes its rank due, once claimed nobody else has it, and all shares are seen`(
        _ factory: LedgerFactory
    )
        async throws
    {
        let world = try World(factory)
        try await Self.give(Self.share(), in: world)
        try await Self.give(Self.share("squire"), to: "88", in: world)
        #expect(try await world.ledger.nextRankDue() == at(0))
        let claims = try await world.ledger.claimDueRanks(limit: 5, lease: .seconds(60), now: at(1))
        #expect(claims.map(\.key) == [Self.key])
        #expect(try await world.ledger.claimDueRanks(limit: 5, lease: .seconds(60), now: at(2)).isEmpty)
        let file = try #require(try await world.ledger.rankFile(of: Self.key))
        #expect(file.situation.shares.map(\.customer) == [.id("77"), .id("88")])
        #expect(file.situation.shares.map(\.share) == [Self.share(), Self.share("squire")])
        #expect(!file.situation.isBanned)
        #expect(try await world.ledger.summary().ranks == [.working: 1])
    }

    @Test(arguments: LedgerFactory.all)
    func `ranks on a server go with its id, and stay while it is the same server`(_ factory: LedgerFactory) async throws
    {
        let world = try World(factory)
        let key = RankKey(target: .server(PanelServerID(panel: "main", number: 3)), player: Self.key.player)
        try await world.ledger.replaceServers(on: "main", with: [.sample(3, uuid: "a")], now: at(0))
        var share = RankShare(key)
        share.perks = Self.share().perks
        try await Self.give(share, in: world)
        try await Self.give(Self.share(), to: "88", in: world)
        try await world.ledger.replaceServers(on: "main", with: [.sample(3, uuid: "a", name: "New")], now: at(1))
        #expect(try await world.ledger.file(of: .id("77"))?.ranks.map(\.share) == [share])
        try await world.ledger.replaceServers(on: "main", with: [.sample(3, uuid: "b")], now: at(2))
        #expect(try await world.ledger.file(of: .id("77"))?.ranks == [])
        #expect(try await world.ledger.rankFile(of: key) == nil)
        #expect(try await world.ledger.rankFile(of: Self.key) != nil)
    }

    @Test(arguments: LedgerFactory.all)
    func `who lost the claim writes nothing`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await Self.give(Self.share(), in: world)
        let ledger = world.ledger
        let old = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(10), now: at(0)).first)
        let new = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(10), now: at(11)).first)
        #expect(new.fence > old.fence)
        await #expect(throws: RankLeaseLost.self) {
            try await ledger.write(RankWrite(record: Self.sent()), under: old, now: at(12))
        }
        await #expect(throws: RankLeaseLost.self) {
            try await ledger.finish(old, RankOutcome(state: .converged), now: at(12))
        }
        #expect(try await ledger.rankFile(of: Self.key)?.situation.record == RankRecord())
    }

    @Test(arguments: LedgerFactory.all)
    func `commands under way are known after a crash, and forgotten with their outcome`(_ factory: LedgerFactory)
        async throws
    {
        let world = try World(factory)
        try await Self.give(Self.share(), in: world)
        let ledger = world.ledger
        let claim = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(0)).first)
        var step = RankWrite(record: RankRecord())
        var intent = PanelOperation.sample(.id("77"), "send")
        intent.kind = .sendCommand
        step.intents = [intent]
        _ = try await ledger.write(step, under: claim, now: at(1))
        try await ledger.releaseAllLanes(now: at(2))
        let again = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(2)).first)
        let lost = try #require(try await ledger.rankFile(of: Self.key)).unsettled
        #expect(lost.map(\.state) == [.unknown])
        #expect(
            try await ledger.file(of: .id("77"))?.unsettled == [],
            "the customer's own lane has nothing to look for"
        )
        var outcome = RankWrite(record: Self.sent())
        outcome.outcomes = lost.map { operation in
            var operation = operation
            operation.state = .retry
            operation.finishedAt = at(3)
            return operation
        }
        _ = try await ledger.write(outcome, under: again, now: at(3))
        let file = try #require(try await ledger.rankFile(of: Self.key))
        #expect(file.unsettled.isEmpty)
        #expect(file.situation.record == Self.sent())
    }

    @Test(arguments: LedgerFactory.all)
    func `a rank that stands otherwise than before marks its customers, a rank of which nothing is left is forgotten`(
        _ factory: LedgerFactory
    ) async throws {
        let world = try World(factory)
        try await Self.give(Self.share(), in: world)
        let ledger = world.ledger
        let claim = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(1)).first)
        #expect(try await ledger.nextDue() == nil)
        try await ledger.finish(claim, RankOutcome(state: .blocked, reasons: ["offline"]), now: at(2))
        #expect(try await ledger.nextDue() == at(2))
        let rank = try #require(try await ledger.file(of: .id("77"))?.ranks.first)
        #expect(rank.share == Self.share())
        #expect(rank.standing?.state == .blocked && rank.standing?.reasons == ["offline"])

        let customer = try await world.claim(now: at(3))
        var step = LaneWrite()
        step.rankShares = [Self.share(empty: true, refunded: true)]
        try await world.write(step, customer, now: at(3))
        try await ledger.finish(customer, LaneOutcome(state: .converged, hasAccess: false), now: at(3))
        #expect(try await ledger.rankFile(of: Self.key)?.situation.wasRefunded == true)
        let last = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(4)).first)
        try await ledger.finish(last, RankOutcome(state: .converged, isSent: true), now: at(5))
        #expect(try await ledger.rankFile(of: Self.key) == nil)
        #expect(try await ledger.file(of: .id("77"))?.ranks == [])
    }

    @Test(arguments: LedgerFactory.all)
    func `a mark that comes during the work makes the rank due again`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await Self.give(Self.share(), in: world)
        let ledger = world.ledger
        let claim = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(1)).first)
        try await Self.give(Self.share("squire"), to: "88", in: world, now: at(2))
        try await ledger.finish(claim, RankOutcome(state: .converged, dueAt: at(900), isSent: true), now: at(3))
        #expect(try await ledger.nextRankDue() == at(3))
        #expect(try await ledger.summary().ranks == [.working: 1])
    }

    @Test(arguments: LedgerFactory.all)
    func `a ban marks the ranks of its players, and its end does`(_ factory: LedgerFactory) async throws {
        let world = try World(factory)
        try await Self.give(Self.share(), in: world)
        let ledger = world.ledger
        let rank = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(1)).first)
        try await ledger.finish(rank, RankOutcome(state: .converged, isSent: true), now: at(1))
        try await world.settle(now: at(1))
        for (players, isBanned) in [([Self.key.player], true), ([], false)] as [(Set<PlayerName>, Bool)] {
            let claim = try await world.claimed("99", now: at(2))
            var step = LaneWrite()
            step.bannedPlayers = players
            try await world.write(step, claim, now: at(2))
            try await ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: false), now: at(2))
            #expect(try await ledger.file(of: .id("99"))?.bannedPlayers == players)
            #expect(try await ledger.rankFile(of: Self.key)?.situation.isBanned == isBanned)
            #expect(try await ledger.claimDueRanks(limit: 1, lease: .zero, now: at(2)).map(\.key) == [Self.key])
        }
    }

    @Test(arguments: LedgerFactory.all)
    func
        `a re-grant counts the ranks of a target and makes them due; a fresh start sends again what was sent before it`(
            _ factory: LedgerFactory
        ) async throws
    {
        let world = try World(factory)
        try await Self.give(Self.share(), in: world)
        let ledger = world.ledger
        let claim = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(1)).first)
        _ = try await ledger.write(RankWrite(record: Self.sent()), under: claim, now: at(5))
        try await ledger.finish(claim, RankOutcome(state: .converged, isSent: true), now: at(5))
        #expect(try await ledger.noteRunning(.named("network"), since: at(4), now: at(6)) == 0)
        #expect(try await ledger.noteRunning(.named("network"), since: at(6), now: at(7)) == 1)
        #expect(try await ledger.rankFile(of: Self.key)?.situation.resend == .ranks)
        #expect(try await ledger.regrant(.named("elsewhere"), called: "elsewhere", by: "ada", now: at(8)) == 0)
        #expect(try await ledger.regrant(.named("network"), called: "all of them", by: "ada", now: at(8)) == 1)
        #expect(
            try await ledger.actions(before: nil, limit: 1).first?.action.what == "send all ranks of all of them again"
        )
        #expect(try await ledger.rankCounts() == [.named("network"): RankCount(total: 1, waiting: 0, regranting: 1)])
        let again = try #require(try await ledger.claimDueRanks(limit: 1, lease: .seconds(60), now: at(9)).first)
        try await ledger.finish(again, RankOutcome(state: .converged, isSent: true), now: at(9))
        #expect(try await ledger.rankFile(of: Self.key)?.situation.resend == .nothing)
    }
}

extension World {
    fileprivate func write(_ step: LaneWrite, _ claim: Claim, now: Timestamp) async throws {
        _ = try await ledger.write(step, under: claim, now: now)
    }
}

extension PanelServer {
    fileprivate static func sample(_ number: Int, uuid: String, name: String = "Frost") -> PanelServer {
        PanelServer(
            id: PanelServerID(panel: "main", number: number),
            uuid: uuid,
            identifier: uuid,
            externalID: nil,
            name: name,
            description: "",
            nodeNames: [],
            eggNames: [],
            owner: 1,
            ownerEmail: nil,
            ownerIsRootAdmin: true
        )
    }
}
