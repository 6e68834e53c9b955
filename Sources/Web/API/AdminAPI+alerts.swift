import Entitlements
import Ledger
import Provisioning

extension AdminAPI {
    /// A panel that is away for less than this is not worth a message.
    private static let blip: Duration = .seconds(60)
    /// Whoever pauses for less than this means to, and has not forgotten it.
    private static let longPause: Duration = .seconds(3600)
    /// A reading of Paymenter's API that fails once is tried again.
    private static let readingsFail: Duration = .seconds(900)
    static let casesShown = 5

    /// What an owner should hear of now, one a cause.
    func alerts(now: Timestamp) async throws -> [Alert] {
        let summary = try await ledger.summary()
        var alerts = standstill(now: now) + [try await longPause(now: now)].compactMap(\.self)
        alerts += try await customerAlerts(summary, now: now)
        alerts += panels.sorted { $0.key < $1.key }.compactMap { alert(of: $1, $0, now: now) }
        alerts += try await billingAlerts(now: now)
        alerts += try await unusableDeliveries(summary, now: now)
        let others = lesserAttention(summary, now: now)
        if !others.isEmpty {
            alerts.append(
                Alert(
                    cause: "others",
                    sentence: others.count == 1 ? "Something needs a person." : "\(others.count) things need a person.",
                    cases: others.prefix(Self.casesShown).map(\.sentence),
                    remedy: "Each says what to do.",
                    extent: others.count,
                    since: now,
                    page: "/"
                )
            )
        }
        return alerts
    }

    /// What stops all changes, or soon all deliveries.
    private func standstill(now: Timestamp) -> [Alert] {
        var alerts: [Alert] = []
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
        if let reason = rules.standby {
            alerts.append(
                Alert(
                    cause: "standby",
                    sentence: "Nothing is changed on any panel. \(reason)",
                    remedy: """
                        Compare what it plans with what should be, then say `paydactyl enforce`. Until then whoever pays gets nothing, and \
                        nobody loses anything.
                        """,
                    since: now,
                    page: "/"
                )
            )
        }
        return alerts
    }

    private func longPause(now: Timestamp) async throws -> Alert? {
        guard rules.isPaused, let pausedAt = try await pausedAt(), now - pausedAt >= Self.longPause else {
            return nil
        }
        return Alert(
            cause: "paused",
            sentence: "All changes have been paused since \(pausedAt.iso8601).",
            remedy:
                "Say `paydactyl resume` once changes may go on. Deliveries are taken meanwhile; whoever pays waits.",
            since: pausedAt,
            page: "/"
        )
    }

    private func billingAlerts(now: Timestamp) async throws -> [Alert] {
        var alerts: [Alert] = []
        if let silence = try await billingSilence(now: now) {
            alerts.append(
                Alert(
                    cause: "billing-silent",
                    sentence: silence.sentence,
                    remedy: "Check that its deliveries arrive. Nobody loses access for its silence alone.",
                    since: silence.since,
                    page: "/deliveries"
                )
            )
        }
        if let skew = skew(at: now) {
            alerts.append(
                Alert(
                    cause: "sender-clock",
                    sentence: sentence(for: skew),
                    remedy: "Set both by NTP. A sender that tries again loses nothing; else let it send its full list.",
                    since: skew.at,
                    page: "/deliveries"
                )
            )
        }
        if let failure = polls?.report.failure, now - failure.since >= Self.readingsFail {
            alerts.append(
                Alert(
                    cause: "billing-readings",
                    sentence: "Paymenter's API cannot be read: \(failure.sentence)",
                    remedy: """
                        Look at billing.paymenter.api with `paydactyl check`. Until it is read again, a delivery that was lost stays lost.
                        """,
                    since: failure.since,
                    page: "/deliveries"
                )
            )
        }
        return alerts
    }

    private func unusableDeliveries(_ summary: LedgerSummary, now: Timestamp) async throws -> [Alert] {
        let kinds: [(state: StoredDelivery.State, count: Int, oldest: Timestamp?, why: String)] = [
            (.refused, summary.deliveriesRefused, summary.oldestRefused, "signed correctly and could not be used"),
            (
                .conflicting, summary.deliveriesConflicting, summary.oldestConflicting,
                "not applied: the id of an earlier one, with another body"
            ),
        ]
        var alerts: [Alert] = []
        for kind in kinds where kind.count > 0 {
            let newest = try await ledger.deliveries(before: nil, state: kind.state, limit: Self.casesShown * 4)
            alerts.append(
                Alert(
                    cause: "deliveries-\(kind.state.word)",
                    sentence: kind.count == 1
                        ? "1 delivery was \(kind.why)." : "\(kind.count) deliveries were \(kind.why).",
                    cases: newest.filter { $0.acknowledgement == nil }.prefix(Self.casesShown).map(Self.words),
                    remedy: "Look at what is wrong with them, and mend the sender.",
                    extent: kind.count,
                    since: kind.oldest ?? now,
                    page: "/deliveries?state=\(kind.state.word)"
                )
            )
        }
        return alerts
    }

    private static func words(_ delivery: StoredDelivery) -> String {
        let event = delivery.event.map { " (\($0))" } ?? ""
        let note = delivery.note.map { ": \($0)" } ?? ""
        return "Delivery \(delivery.number)\(event) of \(delivery.receivedAt.iso8601)\(note)"
    }

    private func alert(of panel: PanelConnection, _ name: PanelName, now: Timestamp) -> Alert? {
        switch panel.circuit.state {
        case .closed: return nil
        case .open(let reason, let since, _):
            guard now - since >= Self.blip else { return nil }
            return Alert(
                cause: "panel-\(name)",
                sentence: "Panel \(name) cannot be worked with: \(reason)",
                remedy: """
                    Look whether it is up, and at its keys with `paydactyl check`. Nothing is lost; it goes on by itself once the panel answers \
                    as it should.
                    """,
                since: since,
                page: "/panel"
            )
        case .locked(let reason, let since):
            return Alert(
                cause: "panel-\(name)-locked",
                sentence: "Panel \(name) is not the panel that it was: \(reason)",
                remedy: """
                    Nothing is written to it until a person has looked. If it is itself again, say `paydactyl unlock \(name)`; if its address \
                    is wrong, correct that and restart.
                    """,
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
        let others = [CustomerState.working, .blocked, .needsAttention]
            .compactMap { state in summary.customers[state].map { (state, $0) } }.filter { $0.1 > 0 }
            .map { state, count in "; \(count) \(state.words)" }.joined()
        return Alert(
            cause: "summary",
            sentence: """
                \(converged) of \(summary.totalCustomers) customers have exactly what they should\(others); \(summary.withAccess) have access; \
                \(deliveries == 1 ? "1 delivery" : "\(deliveries) deliveries") in the last day.
                """,
            remedy: "",
            since: now - .days(1),
            page: "/"
        )
    }
}
