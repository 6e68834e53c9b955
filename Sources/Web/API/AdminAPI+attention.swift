import Entitlements
import Ledger
import Provisioning
import PterodactylAPI

extension AdminAPI {
    /// What needs a person, a sentence each, the most urgent first.
    func attention(_ summary: LedgerSummary, silence: BillingSilence?, now: Timestamp) -> [String] {
        var sentences: [String] = disk.shortage.map { [$0.description] } ?? []
        sentences += rules.standby.map { ["Nothing is changed. \($0)"] } ?? []
        sentences += panels.sorted { $0.key < $1.key }.compactMap { name, panel in
            panel.circuit.reason.map { "Panel \(name): \($0)" }
        }
        if let skew = skew(at: now) { sentences.append(sentence(for: skew)) }
        sentences += silence.map { ["\($0.sentence) Check that its deliveries arrive."] } ?? []
        sentences +=
            polls?.report.failure.map {
                ["Asking Paymenter has failed since \($0.since.iso8601). \($0.sentence)"]
            } ?? []
        if rules.isPaused { sentences.append("All changes are paused until somebody resumes them.") }
        sentences += counted(summary.heldCustomers, "customer has", "customers have") {
            "\($0) losses that wait for approval: see Needs attention, or `paydactyl plan`, then approve or discard."
        }
        sentences += counted(summary.deletionsWaiting, "server waits", "servers wait") {
            "\($0) for a person's word to be deleted: see Needs attention, or `paydactyl confirm-deletion`."
        }
        sentences += counted(summary.customers[.needsAttention] ?? 0, "customer needs", "customers need") {
            "\($0) a person: see Needs attention, or `paydactyl customers --state needs_attention`."
        }
        sentences += counted(summary.deliveriesConflicting, "delivery came", "deliveries came") {
            "\($0) with the id of an earlier one and another body; not applied: see Deliveries, those that are conflicting."
        }
        sentences += counted(summary.deliveriesRefused, "delivery was", "deliveries were") {
            "\($0) correctly signed but unusable: see Deliveries, those that are refused."
        }
        return sentences + lesserAttention(summary, now: now)
    }

    /// What needs a person and has no alert of its own.
    func lesserAttention(_ summary: LedgerSummary, now: Timestamp) -> [String] {
        var sentences = panels.sorted { $0.key < $1.key }.flatMap { _, panel in
            (panel.doubtOfTime.map { ["\($0) Set both by NTP."] } ?? []) + groupsWithoutServers(on: panel)
        }
        sentences += polls.map { attention(to: $0.report.overdue) } ?? []
        sentences += payments.map { attention(to: $0.overdue(at: now)) } ?? []
        sentences += counted(summary.listsContradicting, "full list of services", "full lists of services") {
            """
            \($0) came whose pages do not go together, so what they leave out ends nothing: see Deliveries. Send a new one: \
            `php artisan paydactyl:snapshot` in Paymenter.
            """
        }
        sentences += attention(to: summary.endlessGrants, now: now)
        sentences += counted(summary.ownerlessSubscriptions, "subscription belongs", "subscriptions belong") {
            "\($0) to nobody, since no event named a customer. Have the billing system send it with its customer."
        }
        return sentences
    }

    /// Whoever was granted something for ever long ago may have been forgotten.
    private func attention(to grants: LedgerSummary.EndlessGrants, now: Timestamp) -> [String] {
        let old = grants.oldest.filter { now - $0.since > Override.reviewedAfter }
        guard !old.isEmpty else { return [] }
        let holders = old.map { "\($0.customer) since \($0.since.iso8601.prefix(10))" }.joined(separator: ", ")
        return counted(grants.count, "grant has", "grants have") {
            """
            \($0) no end, and some are old: \(holders). Look at `paydactyl overrides`, end what nobody needs any more, and grant the rest anew, with an end.
            """
        }
    }

    private func attention(to overdue: [BillingPolls.Wanted]) -> [String] {
        guard let first = overdue.first else { return [] }
        return [
            """
            Paymenter shows \(overdue.count == 1 ? "a service" : "\(overdue.count) services") otherwise than was told, and no fresh word \
            came since \(first.since.iso8601): of \(first.subscription) \(first.because.joined(separator: "; ")). What was told stays in force. \
            Send the full list from Paymenter (php artisan paydactyl:snapshot).
            """
        ]
    }

    private func attention(to unanswered: [PaymentQuestions.Question]) -> [String] {
        guard let first = unanswered.first else { return [] }
        return [
            """
            At Stripe \(unanswered.count == 1 ? "a payment" : "\(unanswered.count) payments") failed, went back or is disputed, and only \
            Paymenter's database can say for which services. Its extension is asked since \(first.since.iso8601) and has not answered \
            (\(first.payment)). Run `php artisan paydactyl:wanted` in Paymenter and see what it says; its cron does that every five minutes.
            """
        ]
    }

    /// The last disagreement with the sender's clock, as long as it is worth telling.
    func skew(at now: Timestamp) -> IntakeAlerts.Skew? {
        alerts.lastSkew.flatMap { now - $0.at < .days(1) ? $0 : nil }
    }

    private func counted(_ count: Int, _ one: String, _ many: String, _ sentence: (String) -> String) -> [String] {
        count == 0 ? [] : [sentence(count == 1 ? "1 \(one)" : "\(count) \(many)")]
    }

    func sentence(for skew: IntakeAlerts.Skew) -> String {
        let distance = skew.difference < .zero ? .zero - skew.difference : skew.difference
        let direction = skew.difference < .zero ? "behind" : "ahead of"
        return """
            A delivery that came at \(skew.at.iso8601) was correctly signed but \(distance.inWords) \(direction) our clock, and was not \
            taken. Check both clocks.
            """
    }

    /// Groups that a tier opens and that match nothing: a pattern with a typo, or servers that were renamed.
    private func groupsWithoutServers(on panel: PanelConnection) -> [String] {
        guard let inventory = panel.inventory, !inventory.servers.isEmpty else { return [] }
        let catalog = rules.rules.catalog
        let opened = Set(catalog.tiers.flatMap { $0.access.map(\.group) })
        return opened.sorted().filter { catalog.groups[$0]?.panel == panel.name && inventory.members(of: $0).isEmpty }
            .map {
                "The server group \"\($0)\" matches no server of panel \(panel.name), so its tiers open nothing there. Compare its keys with the servers' names: see Servers × tiers."
            }
    }
}
