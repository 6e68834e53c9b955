import Entitlements
import Foundation
import Observability
import Provisioning
import PterodactylAPI
import ServiceConfiguration

/// What is played where: the real tiers, cut down to the servers of one group, under an instance and on a ledger of the rehearsal's own.
struct RehearsalScript: Sendable {
    static let first = TierID("rehearsal-first")
    static let last = TierID("rehearsal-last")

    static func product(of tier: TierID) -> ProductID { ProductID(tier.rawValue) }

    let configuration: ServiceConfiguration
    let permissions: [TierID: Set<String>]
    /// For the report: the owner's tiers that are played.
    let tierNames: [String]

    /// - Precondition: `servers` are on the panel of `group`, and not empty.
    init(
        _ real: ServiceConfiguration,
        group: ServerGroup,
        servers: [Server],
        ledger: String,
        secrets: PassingSecrets,
        customers: Int,
        grace: Duration?
    ) throws {
        let sold = real.catalog.tiers.compactMap { tier -> (name: String, permissions: Set<Permission>)? in
            let lines = tier.access.filter { $0.group == group.id }
            return lines.isEmpty ? nil : (tier.id.rawValue, lines.reduce(into: []) { $0.formUnion($1.permissions) })
        }
        guard let lowest = sold.first, let highest = sold.last else {
            throw CommandFailure(
                .usage,
                "No tier gives access to the servers of group \(group.id); choose another group."
            )
        }
        // Only these servers, whatever rules and owners say: they were chosen by the real rule.
        var stage = ServerGroup(id: group.id, panel: group.panel, match: ServerMatch())
        stage.match.identifiers = Set(servers.map(\.identifier.text))
        var lasting = [Self.first: lowest.permissions, Self.last: highest.permissions]
        let tiers = [Self.first, Self.last].enumerated().map { rank, id in
            Tier(
                id: id,
                rank: rank + 1,
                products: [Self.product(of: id)],
                access: [TierAccess(group: group.id, permissions: lasting[id] ?? [])]
            )
        }
        for id in lasting.keys { lasting[id]?.insert(Permission("websocket.connect")) }
        permissions = lasting.mapValues { Set($0.map(\.key)) }
        tierNames = lowest.name == highest.name ? [lowest.name] : [lowest.name, highest.name]
        configuration = ServiceConfiguration(
            instance: rehearsalInstance(of: real.instance),
            listen: ServiceConfiguration.Listen(host: "127.0.0.1", port: 0),
            store: .sqlite(path: ledger),
            admin: ServiceConfiguration.Admin(tokens: [.init(token: Redacted(secrets.token), name: "rehearsal")]),
            billing: ServiceConfiguration.Billing(paymenter: .init(secrets: [Redacted(secrets.webhook)])),
            panels: real.panels.filter { $0.key == group.panel }.mapValues(Self.gentle),
            policy: Self.policy(customers: customers, servers: servers.count, grace: grace),
            catalog: Catalog(tiers: tiers, groups: [stage])
        )
    }

    func expected(_ access: RehearsalStep.Access) -> Set<String>? {
        switch access {
        case .none: nil
        case .first: permissions[Self.first]
        case .last: permissions[Self.last]
        }
    }

    /// The service that is running goes first: what works and what looks each take a quarter of the panel's limits at the most.
    static func gentle(_ panel: ServiceConfiguration.Panel) -> ServiceConfiguration.Panel {
        var panel = panel
        panel.budgetShare = min(panel.budgetShare, 0.25)
        return panel
    }

    private static func policy(customers: Int, servers: Int, grace: Duration?) -> Policy {
        var policy = Policy()
        // Long enough to look once at every server while it lasts.
        policy.gracePeriod = grace ?? .seconds(6 + servers)
        policy.settle = .milliseconds(200)
        policy.retry = RetrySchedule(steps: [.milliseconds(500), .seconds(1), .seconds(2), .seconds(5)])
        policy.auditEvery = .seconds(3600)
        policy.accountRetention = .forever
        // All of them lose access together, and that is meant.
        policy.breaker.maxCustomers = customers
        return policy
    }
}
