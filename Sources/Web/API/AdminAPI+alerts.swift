import Entitlements
import Ledger
import Provisioning

extension AdminAPI {
    /// A panel that is away for less than this is not worth a message.
    private static let blip: Duration = .seconds(60)
    private static let casesShown = 5

    /// What an owner should hear of now, one a cause.
    func alerts(now: Timestamp) async throws -> [Alert] {
        let summary = try await ledger.summary()
        var alerts = try await customerAlerts(summary, now: now)
        if let shortage = disk.shortage {
            alerts.append(
                Alert(
                    cause: "disk",
                    sentence: shortage.description,
                    remedy: "Free space on the disk of the ledger; deliveries are taken again by themselves.",
                    since: now,
                    page: "/"
                )
            )
        }
        for (name, panel) in panels.sorted(by: { $0.key < $1.key }) {
            guard let alert = alert(of: panel, name, now: now) else { continue }
            alerts.append(alert)
        }
        if let heard = try await ledger.billingHeardAt(), now - heard > web.value.silentAfter {
            alerts.append(
                Alert(
                    cause: "billing-silent",
                    sentence: "Nothing was heard from the billing system since \(heard.iso8601).",
                    remedy: "Check that its deliveries arrive. Nobody loses access for its silence alone.",
                    since: heard,
                    page: "/deliveries"
                )
            )
        }
        let unusable = summary.deliveriesRefused + summary.deliveriesConflicting
        if unusable > 0 {
            alerts.append(
                Alert(
                    cause: "deliveries",
                    sentence: unusable == 1
                        ? "1 delivery was signed correctly and could not be used."
                        : "\(unusable) deliveries were signed correctly and could not be used.",
                    remedy: "Look at what is wrong with them, and mend the sender.",
                    extent: unusable,
                    since: now,
                    page: "/deliveries?state=refused"
                )
            )
        }
        return alerts
    }

    private func customerAlerts(_ summary: LedgerSummary, now: Timestamp) async throws -> [Alert] {
        var alerts: [Alert] = []
        if summary.heldCustomers > 0 {
            let held = try await ledger.heldCustomers().prefix(Self.casesShown)
            alerts.append(
                Alert(
                    cause: "breaker",
                    sentence: summary.heldCustomers == 1
                        ? "The losses of 1 customer are held."
                        : "The losses of \(summary.heldCustomers) customers are held.",
                    cases: held.map { "\($0.email ?? $0.key.description): \($0.reasons.first ?? "")" },
                    remedy: "Nothing is taken away until somebody approves it; look, then approve or discard.",
                    extent: summary.heldCustomers,
                    since: now,
                    page: "/attention"
                )
            )
        }
        let needing = summary.customers[.needsAttention] ?? 0
        guard needing > summary.heldCustomers else { return alerts }
        let rows = try await ledger.customers(CustomerQuery(state: .needsAttention, limit: Self.casesShown))
        alerts.append(
            Alert(
                cause: "attention",
                sentence: needing == 1 ? "1 customer needs a person." : "\(needing) customers need a person.",
                cases: rows.map { "\($0.email ?? $0.key.description): \($0.reasons.first ?? "")" },
                remedy: "Each has its reason and what to do on the page.",
                extent: needing,
                since: rows.map(\.stateSince).min() ?? now,
                page: "/attention"
            )
        )
        return alerts
    }

    private func alert(of panel: PanelConnection, _ name: PanelName, now: Timestamp) -> Alert? {
        switch panel.circuit.state {
        case .closed: return nil
        case .open(let reason, let since, _):
            guard now - since >= Self.blip else { return nil }
            return Alert(
                cause: "panel-\(name)",
                sentence: "Panel \(name) cannot be worked with: \(reason)",
                remedy: "Nothing is lost; it goes on by itself once the panel answers as it should.",
                since: since,
                page: "/panel"
            )
        case .locked(let reason, let since):
            return Alert(
                cause: "panel-\(name)-locked",
                sentence: "Panel \(name) is not the panel that it was: \(reason)",
                remedy: "Nothing is written to it until a person has looked.",
                since: since,
                page: "/panel"
            )
        }
    }

    /// How the day stands, for those who like to hear that all is well.
    func dailySummary(now: Timestamp) async throws -> Alert {
        let summary = try await ledger.summary()
        let converged = summary.customers[.converged] ?? 0
        let deliveries = try await ledger.deliveriesByHour(since: now - .days(1)).values.reduce(0, +)
        return Alert(
            cause: "summary",
            sentence: """
                \(converged) of \(summary.totalCustomers) customers have exactly what they should; \(summary.withAccess) have access; \
                \(deliveries == 1 ? "1 delivery" : "\(deliveries) deliveries") in the last day.
                """,
            remedy: "",
            since: now - .days(1),
            page: "/"
        )
    }
}
