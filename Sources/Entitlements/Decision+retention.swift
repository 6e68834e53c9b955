extension CustomerRecord {
    /// How long an account that we made for this customer is kept after its last access: as the most patient of the tiers that they ever
    /// had asks.
    package func accountRetention(catalog: Catalog, policy: Policy) -> AccountRetention {
        let bought = subscriptions.filter { $0.term != .pending }.map {
            catalog.tier(product: $0.product, named: $0.tierHint)
        }
        let granted = overrides.map { override -> Tier? in
            if case .grant(let tier) = override.kind { catalog.tier(tier) } else { nil }
        }
        let asked = (bought + granted).compactMap(\.self).map { $0.accountRetention ?? policy.accountRetention }
        return asked.max() ?? policy.accountRetention
    }
}
