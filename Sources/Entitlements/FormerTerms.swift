/// What is promised with a sale: the terms of all tiers, and by what events are folded.
package struct SaleTerms: Hashable, Sendable, Codable {
    private var general: TermPolicy
    private var tiers: [String: TermPolicy]
    fileprivate var fold: FoldPolicy

    package init(_ policy: Policy, catalog: Catalog) {
        general = TermPolicy(policy, tier: nil)
        tiers = Dictionary(catalog.tiers.map { ($0.id.rawValue, TermPolicy(policy, tier: $0)) }) { first, _ in first }
        fold = FoldPolicy(policy, catalog: catalog)
    }

    fileprivate func terms(of tier: TierID?) -> TermPolicy {
        tier.flatMap { tiers[$0.rawValue] } ?? general
    }
}

/// Terms that held until the configuration was changed: what the change alone ends waits for a person.
package struct FormerTerms: Hashable, Sendable, Codable {
    fileprivate var terms: SaleTerms
    fileprivate var until: Timestamp
    /// Whether events are folded otherwise since.
    fileprivate var foldsOtherwise: Bool

    /// Whether a subscription that stands so now would have gone on but for the change, and not by anything that happened or was due since.
    func kept(_ subscription: Subscription, of tier: TierID?, standingNow standing: Standing) -> Bool {
        guard let end = standing.end, end <= until else { return false }
        if case .stopped(let stop) = subscription.term { return foldsOtherwise && stop.isEnd }
        return subscription.outlook(at: until, policy: terms.terms(of: tier), billingHeardAt: until).standing
            .givesAccess
    }
}

/// The terms in force and those that held before, each until when.
package struct TermHistory: Hashable, Sendable, Codable {
    package private(set) var current: SaleTerms
    package private(set) var former: [FormerTerms] = []

    /// So long a change of terms is told from what happens.
    private static let memory = Duration.days(90)

    package init(_ terms: SaleTerms) {
        current = terms
    }

    /// Takes over what the configuration says now.
    package mutating func change(to terms: SaleTerms, at now: Timestamp) {
        former.removeAll { $0.until + Self.memory < now }
        guard terms != current else { return }
        former.append(FormerTerms(terms: current, until: now, foldsOtherwise: current.fold != terms.fold))
        current = terms
    }
}

extension Standing {
    /// When it stopped giving access.
    fileprivate var end: Timestamp? {
        switch self {
        case .suspended(_, let since, _): since
        case .ended(_, let at, _), .lapsed(let at): at
        case .pending, .active, .cancelling, .pastDue, .unheard: nil
        }
    }
}
