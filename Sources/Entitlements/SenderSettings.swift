/// The billing system's own rules for who does not pay, as its extension reports them; each counts from the date that is paid for.
package struct SenderSettings: Hashable, Sendable, Codable {
    package var suspendAfterDays: Int?
    package var terminateAfterDays: Int?

    package init(suspendAfterDays: Int?, terminateAfterDays: Int?) {
        self.suspendAfterDays = suspendAfterDays
        self.terminateAfterDays = terminateAfterDays
    }

    /// What will happen when to somebody who stops paying, with a grace of ours.
    package func course(grace: Duration) -> String {
        let suspends = suspendAfterDays.map { "suspended after \(Self.days($0))" }
        let terminates = terminateAfterDays.map { "terminated after \(Self.days($0))" }
        let there = [suspends, terminates].compactMap(\.self).joined(separator: " and ")
        return
            "Who does not pay is \(there) in Paymenter, counted from the date paid for; access here ends \(Self.words(grace)) after it."
    }

    /// What of it will surprise people, and what to set instead; `nil` if the two clocks go together.
    package func conflict(grace: Duration, key: String) -> String? {
        if let days = terminateAfterDays, Duration.days(Int64(days)) < grace {
            return """
                Paymenter terminates after \(Self.days(days)), and a termination ends access at once, so nobody gets the \(Self.words(grace)) of \
                \(key). Set cronjob_order_terminate in Paymenter to more than \(Self.words(grace)), or \(key) to at most \(days)d.
                """
        }
        if let days = suspendAfterDays, Duration.days(Int64(days)) > grace {
            return """
                Access ends \(Self.words(grace)) after the date paid for (\(key)), while Paymenter still shows the service as active until \
                \(Self.days(days)) after it. Set cronjob_order_suspend in Paymenter to at most \(Self.words(grace)), or \(key) to at least \(days)d.
                """
        }
        return nil
    }

    private static func days(_ count: Int) -> String { count == 1 ? "1 day" : "\(count) days" }

    private static func words(_ duration: Duration) -> String {
        let hours = duration.milliseconds / 3_600_000
        if hours >= 24, hours.isMultiple(of: 24) { return days(Int(hours / 24)) }
        return hours == 1 ? "1 hour" : "\(hours) hours"
    }
}

extension SenderSettings {
    /// The conflicts with the policy's grace and with each tier's own.
    package func conflicts(policy: Policy, tiers: [Tier]) -> [String] {
        let own = tiers.compactMap { tier in
            tier.gracePeriod.flatMap { conflict(grace: $0, key: "tiers.\(tier.id).grace_period") }
        }
        return [conflict(grace: policy.gracePeriod, key: "policy.grace_period")].compactMap(\.self) + own
    }
}
