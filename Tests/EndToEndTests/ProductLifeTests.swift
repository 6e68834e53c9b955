import Entitlements
import Foundation
import Observability
import PanelSimulator
import ServiceConfiguration
import Testing

/// A product of the sample configuration, with what it must open, written down by hand.
struct Product: CustomTestStringConvertible {
    var id: String
    var opens: [String: Set<String>]
    var testDescription: String { id }

    private static let watch: Set<String> = ["websocket.connect"]
    private static let power: Set<String> = [
        "control.console", "control.restart", "control.start", "control.stop", "websocket.connect",
    ]
    private static let frost = ["Frost Path I": watch, "Frost Path II": watch]
    private static let paths = frost.merging(["Fire Path": watch]) { first, _ in first }
    private static let everything = paths.merging(["Workshop": watch, "Lobby": watch]) { first, _ in first }

    static let all: [Product] =
        [Product(id: "awakened", opens: frost)]
        + ["fire-elemental", "frost-elemental", "fire-knight", "frost-knight"].map { Product(id: $0, opens: paths) }
        + ["fire-master", "frost-master"].map {
            Product(id: $0, opens: paths.merging(["Workshop": watch]) { first, _ in first })
        }
        + ["fire-legend", "frost-legend"].map {
            Product(id: $0, opens: paths.merging(["Workshop": power]) { first, _ in first })
        }
        + [Product(id: "sovereign", opens: everything)]

    /// Servers that the groups match, one that only an owner's naming would bring into one, and none besides.
    static var world: PanelWorld {
        var world = PanelWorld.servers(["Frost Path I", "Frost Path II", "Fire Path"])
        world.addServer("Workshop", description: "where things are tried [beta]")
        world.addServer("Lobby")
        let mallory = world.addUser("mallory")
        world.addServer("Frost Path of Mallory", owner: mallory)
        return world
    }

    static func catalog() throws -> Catalog {
        let secret = Community.secret
        let text = ServiceConfiguration.example
            .replacingOccurrences(of: "whsec_change-me", with: secret)
            .replacingOccurrences(of: "change-me-a-long-random-token", with: "a-token-that-is-long-enough")
            .replacingOccurrences(of: "panel.change-me.example", with: "panel.example.org")
            .replacingOccurrences(of: "ptla_change-me", with: PanelWorld.applicationKey)
            .replacingOccurrences(of: "ptlc_change-me", with: PanelWorld.clientKey)
        let catalog = try ServiceConfiguration.read(text).catalog
        // Ranks in game have a life, and tests, of their own.
        let tiers = catalog.tiers.map { tier in
            var tier = tier
            tier.luckPerms = nil
            return tier
        }
        return Catalog(tiers: tiers, groups: catalog.groups.values.sorted { $0.id < $1.id })
    }
}

/// Every step of a subscription's life, for every product of the sample.
@Suite(.timeLimit(.minutes(3)))
struct ProductLifeTests {
    @Test(arguments: Product.all)
    func `a product gives exactly its access at every step of its life`(product: Product) async throws {
        try await withCommunity(Product.world, catalog: try Product.catalog()) { community in
            try await community.quiet()
            try await orderedAndPaid(product, community)
            try await renewedAndFailed(product, community)
            try await changed(product, community)
            try await cancelled(product, community)
            #expect(community.panel.users.count == 3, "one account, whatever happened")
            #expect(community.panel.subusers.isEmpty)
        }
    }

    private func orderedAndPaid(_ product: Product, _ community: Community) async throws {
        try await community.send(.created, "1") {
            $0.customerID = .value("77")
            $0.email = .value("ada@example.test")
            $0.name = .value("Ada Lovelace")
            $0.product = .value(ProductID(product.id))
            $0.status = .value(.pending)
        }
        try await community.settled()
        #expect(community.panel.user(email: "ada@example.test") == nil, "unpaid gives nothing")
        #expect(community.writes.isEmpty)

        try await community.send(.paymentSucceeded, "1") {
            $0.status = .value(.active)
            $0.paidThrough = .value(community.clock.now + .days(30))
        }
        try await community.settled()
        let user = try #require(community.panel.user(email: "ada@example.test"))
        #expect(user.externalID == "paydactyl:test:77")
        #expect(user.password == nil)
        #expect(!user.isRootAdmin)
        #expect(community.panel.mails.contains { $0.to == "ada@example.test" && $0.link != nil })
        #expect(community.panel.access.allSatisfy { $0.value.keys.elementsEqual(["ada@example.test"]) })
        #expect(community.access() == product.opens)
        #expect(try await community.state() == "converged")
    }

    private func renewedAndFailed(_ product: Product, _ community: Community) async throws {
        let clock = community.clock
        community.panel.forgetEffects()
        clock.advance(by: .days(29))
        try await community.send(.renewed, "1") { $0.paidThrough = .value(clock.now + .days(31)) }
        try await community.settled()
        #expect(community.writes.isEmpty, "a renewal changes nothing at the panel")

        clock.advance(by: .days(30))
        try await community.send(.paymentFailed, "1")
        try await community.settled()
        clock.advance(by: .days(7))  // the failure was a day before the end of what is paid for
        try await community.settled()
        #expect(community.access() == product.opens, "grace runs from the end of what is paid for")
        #expect(community.writes.isEmpty)
        clock.advance(by: .days(1) + .seconds(1))
        try await community.eventually("grace ends") { community.access().isEmpty }
        try await community.settled()
        #expect(try await community.state() == "converged")

        try await community.send(.paymentSucceeded, "1") { $0.paidThrough = .value(clock.now + .days(30)) }
        try await community.eventually("a late payment brings all back") { community.access() == product.opens }
    }

    private func changed(_ product: Product, _ community: Community) async throws {
        let other = product.id == "sovereign" ? Product.all[0] : Product.all[Product.all.count - 1]
        for next in [other, product] {
            try await community.send(.updated, "1") {
                $0.product = .value(ProductID(next.id))
                $0.status = .value(.active)
            }
            try await community.eventually("the change to \(next.id) is made") { community.access() == next.opens }
            try await community.settled()
        }
        try await community.buys(product.id, subscription: "2")
        try await community.settled()
        #expect(community.access() == product.opens, "two of the same are no more than one")
        try await community.send(.cancelled, "2") { $0.status = .value(.cancelled) }
        try await community.settled()
        #expect(community.access() == product.opens, "the other one still gives it")
    }

    private func cancelled(_ product: Product, _ community: Community) async throws {
        let clock = community.clock
        let end = clock.now + .days(10)
        community.panel.forgetEffects()
        try await community.send(.cancellationScheduled, "1") { $0.endsAt = .value(end) }
        try await community.settled()
        try await community.send(.cancellationWithdrawn, "1") { $0.endsAt = .cleared }
        try await community.settled()
        try await community.send(.renewed, "1") { $0.paidThrough = .value(end) }
        try await community.send(.cancellationScheduled, "1") { $0.endsAt = .value(end) }
        try await community.settled()
        clock.advance(by: .days(9))
        try await community.settled()
        #expect(community.access() == product.opens)
        #expect(community.writes.isEmpty, "nothing was touched until the end")
        clock.advance(by: .days(1) + .seconds(1))
        try await community.eventually("it ends at its date") { community.access().isEmpty }
        try await community.settled()

        try await community.send(.paymentSucceeded, "1") { $0.paidThrough = .value(clock.now + .days(30)) }
        try await community.eventually("who pays again is back") { community.access() == product.opens }
        try await community.settled()
        try await community.send(.cancelled, "1") { $0.status = .value(.cancelled) }
        try await community.eventually("cancelled now is gone now") { community.access().isEmpty }
        try await community.settled()
        #expect(try await community.state() == "converged")
    }
}
