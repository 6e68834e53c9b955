import Entitlements
import Foundation
import Observability
import ServiceConfiguration

extension CrashingSettings {
    /// A small community's configuration, with every wait short.
    func configuration() throws -> ServiceConfiguration {
        guard let url = URL(string: panel) else { throw UsageError("\"\(panel)\" is no address.") }
        var policy = Policy()
        policy.gracePeriod = .milliseconds(300)
        policy.settle = .milliseconds(100)
        policy.retry = RetrySchedule(steps: [.milliseconds(100), .milliseconds(300)])
        policy.auditEvery = .milliseconds(auditEveryMilliseconds)
        policy.accountRetention = accountRetentionMilliseconds.map { .lasting(.milliseconds($0)) } ?? .forever
        policy.breaker.maxCustomers = mostLosses
        return ServiceConfiguration(
            instance: "test",
            listen: .init(host: "127.0.0.1", port: port),
            store: .sqlite(path: ledger),
            admin: .init(tokens: [.init(token: Redacted(token), name: "tester")]),
            billing: .init(paymenter: .init(secrets: [Redacted(secret)], playerProperty: "player")),
            panels: [
                "main": ServiceConfiguration.Panel(
                    url: url,
                    applicationKey: Redacted(applicationKey),
                    clientKey: Redacted(clientKey)
                )
            ],
            policy: policy,
            catalog: try Self.catalog()
        )
    }

    private static func catalog() throws -> Catalog {
        Catalog(
            tiers: [
                Tier(
                    id: "awakened",
                    rank: 1,
                    products: ["awakened"],
                    access: [TierAccess(group: "frost", permissions: ["websocket.connect"])]
                ),
                Tier(
                    id: "knight",
                    rank: 3,
                    products: ["knight"],
                    access: [
                        TierAccess(group: "frost", permissions: ["control.console", "websocket.connect"]),
                        TierAccess(group: "creative", permissions: ["file.read", "websocket.connect"]),
                    ]
                ),
                Tier(id: "castle", rank: 2, products: ["castle"], dedicated: offer(memory: 2048)),
                Tier(id: "palace", rank: 2, products: ["palace"], dedicated: offer(memory: 4096)),
                Tier(id: "keep", rank: 2, products: ["keep"], dedicated: offer(memory: 2048, asks: true)),
                Tier(
                    id: "ranger",
                    rank: 4,
                    products: ["ranger"],
                    luckPerms: LuckPermsGroup("ranger").map { TierRank(group: $0, servers: "creative") },
                    commands: TierCommands(
                        servers: "creative",
                        grant: [try CommandTemplate("welcome {player} until {expires_unix}")],
                        end: [try CommandTemplate("farewell {player}")],
                        refund: [try CommandTemplate("refund {player}")]
                    )
                ),
                Tier(
                    id: "warden",
                    rank: 5,
                    products: ["warden"],
                    luckPerms: LuckPermsGroup("warden").map { TierRank(group: $0, servers: "creative") }
                ),
            ],
            groups: [group("frost", "Frost Path*"), group("creative", "Creative*")]
        )
    }

    /// Deleted soon after its end.
    private static func offer(memory: Int, asks: Bool = false) -> DedicatedOffer {
        var offer = DedicatedOffer(egg: "Paper", limits: DedicatedLimits(memory: memory, disk: 1024, cpu: 100))
        offer.deletion.after = .milliseconds(500)
        offer.deletion.asks = asks
        return offer
    }

    private static func group(_ id: ServerGroupID, _ names: String) -> ServerGroup {
        var match = ServerMatch()
        match.names = [Glob(names)]
        return ServerGroup(id: id, panel: "main", match: match)
    }
}
