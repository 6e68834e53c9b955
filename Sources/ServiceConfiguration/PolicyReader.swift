import Entitlements

/// Reads the rules about time and money; what is not written stays as the core has it.
struct PolicyReader {
    let section: Section

    func read() -> Policy {
        var policy = Policy()
        set(&policy.gracePeriod, "grace_period", Values.duration)
        set(&policy.settle, "settle", Values.duration)
        set(&policy.onRefund, "on_refund", Values.word(RefundPolicy.self))
        set(&policy.latePayment, "late_payment", Values.word(LatePaymentPolicy.self))
        set(&policy.cancel, "cancel", Values.word(CancelPolicy.self))
        set(&policy.deliveryRetention, "delivery_retention", Values.duration)
        set(&policy.accountRetention, "account_retention", Values.retention)
        set(&policy.attentionAfter, "attention_after", Values.duration)
        set(&policy.auditEvery, "audit_every", Values.duration)
        policy.retry = retry() ?? policy.retry
        policy.breaker = breaker()
        return policy
    }

    private func retry() -> RetrySchedule? {
        guard let steps = section.values("retry", Values.duration) else { return nil }
        guard !steps.isEmpty, steps.count <= 50 else {
            if section.texts("retry")?.isEmpty == true || steps.count > 50 {
                section.report("retry", "holds 1 to 50 durations; write [1s, 5s, 30s, 2m, 10m, 30m]")
            }
            return nil
        }
        return RetrySchedule(steps: steps)
    }

    private func breaker() -> BreakerPolicy {
        let section = section.section("breaker")
        var breaker = BreakerPolicy()
        breaker.maxCustomers =
            section.value("max_customers", Values.wholeNumber(in: 0...1_000_000)) ?? breaker.maxCustomers
        breaker.maxShare = section.value("max_share", Values.share) ?? breaker.maxShare
        breaker.window = section.value("window", Values.duration) ?? breaker.window
        return breaker
    }

    private func set<Value>(_ field: inout Value, _ key: String, _ parse: (String) throws(Invalid) -> Value) {
        if let value = section.value(key, parse) { field = value }
    }
}
