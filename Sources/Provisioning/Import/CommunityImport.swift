package import Billing
import Crypto
package import Entitlements
package import Ledger
import PterodactylAPI

/// Takes over an existing community: compares who pays with who has access, and lets the subscriptions into the ledger when a person says so.
package struct CommunityImport: Sendable {
    let ledger: any Ledger
    let rules: ProvisioningRules
    let panels: [PanelName: PanelConnection]
    let clock: ServiceClock
    let work: LongWork

    package init(
        ledger: any Ledger,
        rules: ProvisioningRules,
        panels: [PanelName: PanelConnection],
        clock: ServiceClock,
        work: LongWork
    ) {
        self.ledger = ledger
        self.rules = rules
        self.panels = panels
        self.clock = clock
        self.work = work
    }

    private func note(_ what: String, _ done: Int, of total: Int?) {
        work.note("import", what, done: done, total: total, now: clock.now())
    }

    /// All active services that Paymenter shows.
    package func services(of api: PaymenterAPI) async throws(PaymenterAPIError) -> [ImportedService] {
        defer { work.end("import") }
        var services: [ImportedService] = []
        var page = 1
        while true {
            note("Paymenter is read: services", services.count, of: nil)
            let answer = try await api.services(page: page, status: "active")
            services += answer.things.map(ImportedService.init)
            guard answer.hasNext else { return services }
            page += 1
        }
    }

    /// One payer, with what the tier opens.
    private struct Candidate {
        var service: ImportedService
        var customer: CustomerKey
        var tier: Tier
        var desired: [PanelServerID: Set<Permission>]
    }

    /// Reads the panels and compares; writes only if `adopts`.
    ///
    /// With `takesOver`, permissions that the tier gives and that the payer has by hand already are ours from then on: they go when the
    /// subscription ends. Without it they stay hand-made, and stay.
    package func run(_ services: [ImportedService], adopts: Bool, takesOver: Bool, author: String) async throws
        -> ImportReport
    {
        defer { work.end("import") }
        var report = ImportReport()
        report.services = services.count
        let inventories = panels.compactMapValues(\.inventory)
        guard inventories.count == panels.count else { throw ImportRefused.unreadPanels }
        let candidates = try await sort(services, inventories: inventories, into: &report)
        var censuses: [PanelName: PanelCensus] = [:]
        for (name, panel) in panels {
            let sold = Set(
                rules.catalog.tiers.flatMap { tier in
                    tier.access.flatMap { inventories[name]?.members(of: $0.group) ?? [] }
                }
            )
            censuses[name] = try await PanelCensus(of: panel, wanted: sold, instance: rules.instance) {
                note("Panel \(name) is read: \($0)", $1, of: $2)
            }
        }
        report.payers = candidates.map { payer($0, censuses) }
        report.guests = try await guests(beside: candidates, censuses)
        guard adopts else { return report }
        if takesOver {
            for (done, candidate) in candidates.enumerated() {
                note("Hand-made permissions are taken over: payers", done, of: candidates.count)
                report.takenOver += try await takeOver(candidate, censuses, author: author)
            }
        }
        report.adopted = try await adopt(candidates, author: author)
        return report
    }

    private func sort(
        _ services: [ImportedService],
        inventories: [PanelName: Inventory],
        into report: inout ImportReport
    ) async throws -> [Candidate] {
        var candidates: [Candidate] = []
        let known = try await ledger.subscriptions(Set(services.map(\.id)))
        for service in services {
            if let known = known[service.id], BillingSource.isToldBySender(known.sources) {
                report.known += 1
                continue
            }
            guard let tier = rules.catalog.tier(product: service.facts.product.value, named: nil) else {
                report.unsold[service.facts.product.value?.rawValue ?? "none", default: 0] += 1
                continue
            }
            guard let customer = service.customer else {
                report.nameless.append(service.id)
                continue
            }
            var desired: [PanelServerID: Set<Permission>] = [:]
            for access in tier.access {
                for server in inventories.values.flatMap({ $0.members(of: access.group) }) {
                    desired[server, default: [.websocketConnect]].formUnion(access.permissions)
                }
            }
            candidates.append(Candidate(service: service, customer: customer, tier: tier, desired: desired))
        }
        return candidates
    }

    private func payer(_ candidate: Candidate, _ censuses: [PanelName: PanelCensus]) -> ImportReport.Payer {
        var lacks: [String] = []
        let email = candidate.service.facts.email.value
        for (name, census) in censuses.sorted(by: { $0.key < $1.key }) {
            let servers = candidate.desired.filter { $0.key.panel == name }
            guard !servers.isEmpty else { continue }
            guard let account = census.account(withEmail: email) else {
                lacks.append("an account on panel \(name)")
                continue
            }
            let missing = servers.filter { server, permissions in
                guard !account.isRootAdmin, let place = census.places[server], place.server.owner != account.number
                else { return false }
                return !permissions.isSubset(of: place.rows[account.number] ?? [])
            }
            if !missing.isEmpty {
                let names = missing.keys.sorted().compactMap { census.places[$0]?.server.name }
                lacks.append("\(missing.count) of \(servers.count) servers on panel \(name): \(Self.listed(names))")
            }
        }
        return ImportReport.Payer(
            subscription: candidate.service.id,
            customer: candidate.customer,
            email: email,
            tier: candidate.tier.id,
            lacks: lacks
        )
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }

    /// Subusers of the servers that tiers open who neither pay nor have it from us.
    private func guests(beside candidates: [Candidate], _ censuses: [PanelName: PanelCensus]) async throws
        -> [ImportReport.Guest]
    {
        let paying = Set(candidates.compactMap { $0.service.facts.email.value.map(asciiFolded) })
        var guests: [ImportReport.Guest] = []
        for (name, census) in censuses.sorted(by: { $0.key < $1.key }) {
            var servers: [Int: [String]] = [:]
            for (server, place) in census.places.sorted(by: { $0.key < $1.key }) {
                let ours = try await ledger.grants(on: server).filter(\.value.isActive)
                for user in place.rows.keys where ours[user] == nil {
                    servers[user, default: []].append(place.server.name)
                }
            }
            for (user, names) in servers.sorted(by: { $0.key < $1.key }) {
                guard let account = census.accounts[user], !account.isRootAdmin,
                    !paying.contains(asciiFolded(account.email))
                else { continue }
                guests.append(.init(panel: name, user: user, email: account.email, servers: names))
            }
        }
        return guests
    }

    /// Records that what the tier gives is ours, wherever the payer has some of it by hand and nothing of ours is there yet.
    private func takeOver(_ candidate: Candidate, _ censuses: [PanelName: PanelCensus], author: String) async throws
        -> Int
    {
        var grants: [Grant] = []
        for (server, permissions) in candidate.desired {
            guard let census = censuses[server.panel], let place = census.places[server],
                let account = census.account(withEmail: candidate.service.facts.email.value),
                let row = place.rows[account.number], !row.isDisjoint(with: permissions)
            else { continue }
            var grant = Grant(server: server, serverUUID: place.server.uuid)
            grant.everGranted = permissions
            grants.append(grant)
        }
        guard !grants.isEmpty else { return 0 }
        return try await ledger.takeOver(grants, for: candidate.customer, by: author, now: clock.now())
    }

    private func adopt(_ candidates: [Candidate], author: String) async throws -> Int {
        let now = clock.now()
        var deliveries: [NewDelivery] = []
        for candidate in candidates {
            let body = try candidate.service.body.json()
            deliveries.append(
                NewDelivery(
                    source: BillingSource.imported,
                    webhookID: "import-" + SHA256.hash(data: body).hexadecimal(32),
                    event: BillingEvent.Kind.snapshot.rawValue,
                    stampedAt: now,
                    receivedAt: now,
                    body: Array(body),
                    secretIndex: 0,
                    verdict: .accepted
                )
            )
        }
        var adopted = 0
        for start in stride(from: 0, to: deliveries.count, by: 200) {
            note("Subscriptions are let in", start, of: deliveries.count)
            let receipts = try await ledger.record(Array(deliveries[start..<min(start + 200, deliveries.count)]))
            for receipt in receipts {
                if case .recorded = receipt { adopted += 1 }
            }
        }
        try await ledger.record(
            PersonAction(
                author: author,
                what: "import of \(adopted) \(adopted == 1 ? "subscription" : "subscriptions")",
                at: now
            )
        )
        return adopted
    }
}

/// Why nothing can be taken over now.
package enum ImportRefused: Error, Hashable, CustomStringConvertible {
    case unreadPanels

    package var description: String {
        switch self {
        case .unreadPanels: "The panels have not been read yet; wait for the first audit (see status)."
        }
    }
}

extension ImportedService {
    fileprivate var customer: CustomerKey? {
        if let id = facts.customerID.value, !id.isEmpty { return .id(id) }
        guard let email = facts.email.value, !email.isEmpty else { return nil }
        return .folding(email: email)
    }
}
