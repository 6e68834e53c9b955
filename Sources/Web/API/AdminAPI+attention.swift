import Entitlements
import Ledger
import Provisioning
import PterodactylAPI

extension AdminAPI {
    /// What needs a person, the most urgent first.
    func attention(_ summary: LedgerSummary, silence: BillingSilence?, now: Timestamp) -> [Need] {
        var needs: [Need] =
            disk.shortage.map { [Need($0.description, do: "Free space on the disk of the ledger.")] } ?? []
        needs += rules.standby.map { [Need("Nothing is changed.", do: $0)] } ?? []
        needs += panels.sorted { $0.key < $1.key }.compactMap { need(of: $1, $0) }
        if let skew = skew(at: now) { needs.append(Need(sentence(for: skew), do: "Check both clocks.")) }
        needs += silence.map { [Need($0.sentence, do: "Check that its deliveries arrive.")] } ?? []
        needs +=
            polls?.report.failure.map {
                [
                    Need(
                        "Asking Paymenter has failed since \($0.since.iso8601). \($0.sentence)",
                        do: "Look at billing.paymenter.api with `paydactyl check`."
                    )
                ]
            } ?? []
        if rules.isPaused {
            needs.append(
                Need(
                    "All changes are paused until somebody resumes them.",
                    do: "Say `paydactyl resume` once they may go on."
                )
            )
        }
        needs += counted(summary.heldCustomers, "customer has", "customers have") {
            Need(
                "\($0) losses that wait for approval.",
                do: "Approve or discard them: see Needs attention, or `paydactyl plan`."
            )
        }
        needs += counted(summary.deletionsWaiting, "server waits", "servers wait") {
            Need(
                "\($0) for a person's word to be deleted.",
                do: "Say it or not: see Needs attention, or `paydactyl confirm-deletion`."
            )
        }
        needs += counted(summary.customers[.needsAttention] ?? 0, "customer needs", "customers need") {
            Need("\($0) a person.", do: "See Needs attention, or `paydactyl customers --state needs_attention`.")
        }
        needs += counted(summary.deliveriesConflicting, "delivery came", "deliveries came") {
            Need(
                "\($0) with the id of an earlier one and another body; not applied.",
                do: "Replay or acknowledge: see Deliveries, those that are conflicting."
            )
        }
        needs += counted(summary.deliveriesRefused, "delivery was", "deliveries were") {
            Need(
                "\($0) correctly signed but unusable.",
                do: "Mend the sender, then replay or acknowledge: see Deliveries, those that are refused."
            )
        }
        return needs + lesserAttention(summary, now: now)
    }

    private func need(of panel: PanelConnection, _ name: PanelName) -> Need? {
        switch panel.circuit.state {
        case .closed: nil
        case .open(let reason, _, _):
            Need(
                "Panel \(name): \(reason)",
                do: "Look whether it is up, and at its keys with `paydactyl check`; it goes on by itself. See Panel."
            )
        case .locked(let reason, _):
            Need("Panel \(name): \(reason)", do: "Say whether it is the panel that it was: see Panel.")
        }
    }

    /// What needs a person and has no alert of its own.
    func lesserAttention(_ summary: LedgerSummary, now: Timestamp) -> [Need] {
        var needs = panels.sorted { $0.key < $1.key }.flatMap { _, panel in
            (panel.doubtOfTime.map { [Need($0, do: "Set both by NTP.")] } ?? []) + groupsWithoutServers(on: panel)
        }
        needs += web.value.reloading.map { [$0] } ?? []
        needs += polls.map { attention(to: $0.report.overdue) } ?? []
        needs += payments.map { attention(to: $0.overdue(at: now)) } ?? []
        needs += counted(summary.listsContradicting, "full list of services", "full lists of services") {
            Need(
                "\($0) came whose pages do not go together, so what they leave out ends nothing: see Deliveries.",
                do: "Send a new one: `php artisan paydactyl:snapshot` in Paymenter."
            )
        }
        needs += attention(to: summary.endlessGrants, now: now)
        needs += counted(summary.ownerlessSubscriptions, "subscription belongs", "subscriptions belong") {
            let examples = summary.ownerlessExamples.map(\.rawValue).joined(separator: ", ")
            let others = summary.ownerlessSubscriptions > summary.ownerlessExamples.count ? ", …" : ""
            return Need(
                "\($0) to nobody, since no event named a customer: \(examples)\(others).",
                do: "Have the billing system send it with its customer."
            )
        }
        return needs
    }

    /// Whoever was granted something for ever long ago may have been forgotten.
    private func attention(to grants: LedgerSummary.EndlessGrants, now: Timestamp) -> [Need] {
        let old = grants.oldest.filter { now - $0.since > Override.reviewedAfter }
        guard !old.isEmpty else { return [] }
        let holders = old.map { "\($0.customer) since \($0.since.iso8601.prefix(10))" }.joined(separator: ", ")
        return counted(grants.count, "grant has", "grants have") {
            Need(
                "\($0) no end, and some are old: \(holders).",
                do:
                    "Look at `paydactyl overrides`, end what nobody needs any more, and grant the rest anew, with an end."
            )
        }
    }

    private func attention(to overdue: [BillingPolls.Wanted]) -> [Need] {
        guard let first = overdue.first else { return [] }
        return [
            Need(
                """
                Paymenter shows \(overdue.count == 1 ? "a service" : "\(overdue.count) services") otherwise than was told, and no fresh \
                word came since \(first.since.iso8601): of \(first.subscription) \(first.because.joined(separator: "; ")). What was told \
                stays in force.
                """,
                do: "Send the full list from Paymenter (php artisan paydactyl:snapshot)."
            )
        ]
    }

    private func attention(to unanswered: [PaymentQuestions.Question]) -> [Need] {
        guard let first = unanswered.first else { return [] }
        return [
            Need(
                """
                At Stripe \(unanswered.count == 1 ? "a payment" : "\(unanswered.count) payments") failed, went back or is disputed, and only \
                Paymenter's database can say for which services. Its extension is asked since \(first.since.iso8601) and has not answered \
                (\(first.payment)).
                """,
                do:
                    "Run `php artisan paydactyl:wanted` in Paymenter and see what it says; its cron does that every five minutes."
            )
        ]
    }

    /// The last disagreement with the sender's clock, as long as it is worth telling.
    func skew(at now: Timestamp) -> IntakeAlerts.Skew? {
        alerts.lastSkew.flatMap { now - $0.at < .days(1) ? $0 : nil }
    }

    private func counted(_ count: Int, _ one: String, _ many: String, _ need: (String) -> Need) -> [Need] {
        count == 0 ? [] : [need(count == 1 ? "1 \(one)" : "\(count) \(many)")]
    }

    func sentence(for skew: IntakeAlerts.Skew) -> String {
        let distance = skew.difference < .zero ? .zero - skew.difference : skew.difference
        let direction = skew.difference < .zero ? "behind" : "ahead of"
        return """
            A delivery that came at \(skew.at.iso8601) was correctly signed but \(distance.inWords) \(direction) our clock, and was not \
            taken.
            """
    }

    /// Groups that a tier opens and that match nothing: a pattern with a typo, or servers that were renamed.
    private func groupsWithoutServers(on panel: PanelConnection) -> [Need] {
        guard let inventory = panel.inventory, !inventory.servers.isEmpty else { return [] }
        let catalog = rules.rules.catalog
        let opened = Set(catalog.tiers.flatMap { $0.access.map(\.group) })
        return opened.sorted().filter { catalog.groups[$0]?.panel == panel.name && inventory.members(of: $0).isEmpty }
            .map {
                Need(
                    "The server group \"\($0)\" matches no server of panel \(panel.name), so its tiers open nothing there.",
                    do: "Compare its keys with the servers' names: see Servers × tiers."
                )
            }
    }
}
