import Entitlements
import Ledger
import Provisioning

/// Putting off what time alone would take from a customer: until a moment they keep the tiers that end before, paid or not.
struct Postponement {
    /// What ends before that moment, the next first.
    var ends: [Upcoming.Change]
    /// The tiers that are granted until then.
    var tiers: [TierID]
    /// Whether the customer is on hold now, and stays so until then.
    var holds: Bool

    init(of upcoming: Upcoming, until: Timestamp) {
        let record = upcoming.file.record
        let catalog = upcoming.world.rules.catalog
        let subscriptions = record.subscriptions.compactMap { subscription in
            upcoming.change(of: subscription).map {
                (change: $0, tier: catalog.tier(product: subscription.product, named: subscription.tierHint)?.id)
            }
        }
        let overrides = record.overrides.compactMap { override in
            upcoming.change(of: override).map { (change: $0, kind: override.kind) }
        }
        let ending = subscriptions.filter { upcoming.world.now < $0.change.at && $0.change.at < until }
        let ended = overrides.filter { $0.change.at < until && $0.kind != .ban }
        ends = (ending.map(\.change) + ended.map(\.change)).sorted()
        let granted = ended.compactMap { end in
            if case .grant(let tier) = end.kind { catalog.tier(tier)?.id } else { nil }
        }
        tiers = Set(ending.compactMap(\.tier) + granted).sorted()
        holds = ended.contains { $0.kind == .hold }
    }

    var isEmpty: Bool { tiers.isEmpty && !holds }

    /// The decisions that it comes to.
    var kinds: [Override.Kind] { tiers.map { .grant($0) } + (holds ? [.hold] : []) }
}

/// What postponing would do.
struct PostponementView: Encodable {
    var customer: String
    var until: String
    /// What would end before then.
    var ends: [String]
    /// The decisions that put it off.
    var decisions: [String]
    /// What would change on the panels at once.
    var changes: [PlanView.Change]
    var others: [PlanView.Other]
}
