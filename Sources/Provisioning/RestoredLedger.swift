package import Entitlements
package import Ledger

/// Notices that a ledger is an older one than its panels know, and keeps the service observing until a person says that it may go on.
///
/// An older ledger lacks people who have paid since, and would take from others what they have paid for.
package enum RestoredLedger {
    /// Where `backup` notes, in the copy, when it was made, in milliseconds.
    private static let copied = "copied_at"
    private static let restored = "restored"

    /// Why the ledger is not to be trusted yet, as it says of itself.
    package static func reason(in ledger: some Ledger) async throws -> String? {
        if let reason = try await ledger.pinned(restored), !reason.isEmpty { return reason }
        guard let mark = try await ledger.pinned(copied), !mark.isEmpty else { return nil }
        let moment = Int64(mark).map { Timestamp(milliseconds: $0).iso8601 } ?? mark
        return sentence("This ledger is a copy that was made at \(moment).")
    }

    /// Which accounts of ours on a panel belong to no customer of the ledger, and were not shown to a person before.
    static func strangers(
        among externalIDs: Set<String>,
        on panel: PanelName,
        instance: String,
        ledger: any Ledger
    ) async throws -> Set<String> {
        var unknown = externalIDs
        if let known = try await ledger.pinned(acknowledged(on: panel)) {
            unknown.subtract(known.split(separator: "\n").map(String.init))
        }
        var query = CustomerQuery(limit: 500)
        while !unknown.isEmpty {
            let rows = try await ledger.customers(query)
            unknown.subtract(rows.map { LaneRun.externalID(instance: instance, customer: $0.key) })
            guard rows.count == query.limit else { break }
            query.after = rows.last?.key
        }
        return unknown
    }

    /// Stops all changes, over a restart too.
    static func stop(_ strangers: Int, on panel: PanelName, rules: CurrentRules, ledger: any Ledger) async throws {
        let accounts = strangers == 1 ? "an account" : "\(strangers) accounts"
        let reason = sentence(
            "Panel \(panel) has \(accounts) of ours that this ledger does not know: it seems to be an older one."
        )
        try await ledger.repin(reason, as: restored)
        rules.setStandby(reason)
    }

    /// Goes on because a person said so: what the panels show now is known from here on.
    package static func accept(_ strangers: [PanelName: Set<String>], rules: CurrentRules, ledger: any Ledger)
        async throws
    {
        for (panel, ids) in strangers where !ids.isEmpty {
            let before = try await ledger.pinned(acknowledged(on: panel)) ?? ""
            let all = ids.union(before.split(separator: "\n").map(String.init))
            try await ledger.repin(all.sorted().joined(separator: "\n"), as: acknowledged(on: panel))
        }
        try await ledger.repin("", as: copied)
        try await ledger.repin("", as: restored)
        rules.setStandby(nil)
    }

    private static func acknowledged(on panel: PanelName) -> String { "panel \(panel) strangers" }

    private static func sentence(_ what: String) -> String {
        "\(what) Let the billing system send a full list, read `paydactyl plan`, then say `paydactyl enforce`."
    }
}
