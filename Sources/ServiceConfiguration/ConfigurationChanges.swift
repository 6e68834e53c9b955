import Entitlements

/// What differs between two configurations, as keys; never a value.
package struct ConfigurationChanges: Hashable, Sendable {
    /// They take effect when the configuration is taken over.
    package private(set) var atOnce: [String] = []
    /// They need a restart.
    package private(set) var atRestart: [String] = []
    /// They need `config rename`, since the ledger holds what it did under the old ones; always among `atRestart` too.
    package private(set) var pinned: [String] = []
    /// Whether who may have what could change; what somebody would lose by it waits for an approval.
    package private(set) var concernsAccess = false

    package var isEmpty: Bool { atOnce.isEmpty && atRestart.isEmpty }

    /// Compares the running configuration with one that was read anew.
    package init(from old: ServiceConfiguration, to new: ServiceConfiguration) {
        note("instance", old.instance != new.instance, .pinned)
        note("listen", old.listen != new.listen, .restart)
        note("store", old.store != new.store, .restart)
        notePanels(old, new)
        note("trusted_proxies", old.trustedProxies != new.trustedProxies, .once)
        note("mode", old.mode != new.mode, .once)
        note("admin.tokens", old.admin != new.admin, .once)
        noteBilling(old.billing, new.billing)
        notePolicy(old.policy, new.policy)
        note("permission_sets", old.permissionSets != new.permissionSets, .once)
        noteGroups(old.catalog, new.catalog)
        note("rank_targets", old.catalog.rankTargets != new.catalog.rankTargets, .once)
        noteTiers(old.catalog, new.catalog)
        note("alerts", old.alerts != new.alerts, .once)
        concernsAccess = old.catalog != new.catalog
    }

    private enum Effect {
        case once, restart, pinned
    }

    private mutating func note(_ key: String, _ differs: Bool, _ effect: Effect) {
        guard differs else { return }
        switch effect {
        case .once: atOnce.append(key)
        case .restart: atRestart.append(key)
        case .pinned:
            atRestart.append(key)
            pinned.append(key)
        }
    }

    private mutating func notePanels(_ old: ServiceConfiguration, _ new: ServiceConfiguration) {
        for id in Set(old.panels.keys).union(new.panels.keys).sorted() {
            let path = "panels.\(id)"
            guard let before = old.panels[id], let after = new.panels[id] else {
                note(path, true, .restart)
                continue
            }
            note("\(path).url", before.url != after.url, .pinned)
            note("\(path).application_key", before.applicationKey != after.applicationKey, .pinned)
            note("\(path).client_key", before.clientKey != after.clientKey, .pinned)
            note("\(path).budget_share", before.budgetShare != after.budgetShare, .restart)
        }
    }

    private mutating func noteBilling(
        _ old: ServiceConfiguration.Billing,
        _ new: ServiceConfiguration.Billing
    ) {
        note("billing.paymenter.secrets", old.paymenter.secrets != new.paymenter.secrets, .once)
        note("billing.paymenter.allow_from", old.paymenter.allowFrom != new.paymenter.allowFrom, .once)
        note("billing.paymenter.player_property", old.paymenter.playerProperty != new.paymenter.playerProperty, .once)
        note("billing.paymenter.bedrock_prefix", old.paymenter.bedrockPrefix != new.paymenter.bedrockPrefix, .once)
        note("billing.timezone", old.timeZone != new.timeZone, .once)
        note("billing.silent_after", old.silentAfter != new.silentAfter, .once)
    }

    private mutating func notePolicy(_ old: Policy, _ new: Policy) {
        note("policy.grace_period", old.gracePeriod != new.gracePeriod, .once)
        note("policy.settle", old.settle != new.settle, .once)
        note("policy.on_refund", old.onRefund != new.onRefund, .once)
        note("policy.late_payment", old.latePayment != new.latePayment, .once)
        note("policy.cancel", old.cancel != new.cancel, .once)
        note("policy.delivery_retention", old.deliveryRetention != new.deliveryRetention, .once)
        note("policy.account_retention", old.accountRetention != new.accountRetention, .once)
        note("policy.retry", old.retry != new.retry, .once)
        note("policy.attention_after", old.attentionAfter != new.attentionAfter, .once)
        note("policy.audit_every", old.auditEvery != new.auditEvery, .once)
        note("policy.breaker", old.breaker != new.breaker, .once)
    }

    private mutating func noteGroups(_ old: Catalog, _ new: Catalog) {
        for id in Set(old.groups.keys).union(new.groups.keys).sorted() {
            note("server_groups.\(id)", old.groups[id] != new.groups[id], .once)
        }
    }

    private mutating func noteTiers(_ old: Catalog, _ new: Catalog) {
        for id in Set((old.tiers + new.tiers).map(\.id)).sorted() {
            note("tiers.\(id)", old.tier(id) != new.tier(id), .once)
        }
    }
}

extension ServiceConfiguration {
    /// What a reload from `old` to this one would change.
    package func changes(from old: ServiceConfiguration) -> ConfigurationChanges {
        ConfigurationChanges(from: old, to: self)
    }
}
