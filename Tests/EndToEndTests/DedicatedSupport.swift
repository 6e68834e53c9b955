import Entitlements
import Foundation
import PanelSimulator
import Testing

extension Catalog {
    /// Two sizes of a server of one's own, a tier with access alone, and one that deletes without asking.
    static func dedicated(_ change: (inout DedicatedOffer) -> Void = { _ in }) -> Catalog {
        func offer(_ memory: Int, _ databases: Int) -> DedicatedOffer {
            var offer = DedicatedOffer(
                egg: "Paper",
                nest: "Minecraft",
                limits: DedicatedLimits(memory: memory, disk: 10240, cpu: 200),
                features: DedicatedFeatures(databases: databases, backups: 2, allocations: 1)
            )
            change(&offer)
            return offer
        }
        var fleeting = offer(1024, 0)
        fleeting.deletion.asks = false
        return Catalog.tiers(
            [
                Tier(
                    id: "awakened",
                    rank: 1,
                    products: ["awakened"],
                    access: [TierAccess(group: "frost", permissions: ["websocket.connect"])]
                ),
                Tier(id: "small", rank: 2, products: ["small-server"], dedicated: offer(2048, 1)),
                Tier(id: "big", rank: 3, products: ["big-server"], dedicated: offer(8192, 3)),
                Tier(id: "fleeting", rank: 2, products: ["fleeting-server"], dedicated: fleeting),
            ],
            groups: ["frost": ["Frost Path*"]]
        )
    }
}

extension PanelWorld {
    /// Frost Path, and a node with free ports; new servers are installed at once.
    static var withRoom: PanelWorld {
        var world = PanelWorld.servers(["Frost Path I"])
        world.installTime = .zero
        return world
    }
}

extension Community {
    func buy(
        _ product: ProductID,
        subscription: String = "5",
        customer: String = "77",
        quantity: Int? = nil,
        _ more: (inout EventFacts) -> Void = { _ in }
    ) async throws {
        try await send(.created, subscription) { facts in
            facts.customerID = .value(customer)
            facts.email = .value("u\(customer)@example.test")
            facts.product = .value(product)
            facts.status = .value(.active)
            if let quantity { facts.quantity = .value(quantity) }
            more(&facts)
        }
    }

    /// The server of a subscription as the panel has it.
    func bought(_ subscription: String = "5", number: Int = 1) -> PanelSimulator.PanelServer? {
        panel.server(externalID: "paydactyl:test:\(subscription)" + (number == 1 ? "" : ":\(number)"))
    }

    /// All servers but those of the beginning.
    var ownServers: [PanelSimulator.PanelServer] {
        panel.servers.filter { $0.externalID?.hasPrefix("paydactyl:test:") ?? false }
    }

    /// Waits until the server of a subscription is as it should be.
    func server(
        _ what: String,
        of subscription: String = "5",
        sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (PanelSimulator.PanelServer) -> Bool
    ) async throws -> PanelSimulator.PanelServer {
        try await eventually("server \(subscription) \(what)", sourceLocation: sourceLocation) {
            bought(subscription).map(condition) ?? false
        }
        return try #require(bought(subscription))
    }

    func calls(_ route: String) -> Int { panel.requestCounts[route] ?? 0 }
}
