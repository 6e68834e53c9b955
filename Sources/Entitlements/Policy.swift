/// The owner's rules about time and money; every duration is positive.
package struct Policy: Hashable, Sendable {
    /// How long access outlives a payment that failed, from the later of the failure and the date that is paid for.
    package var gracePeriod: Duration = .days(7)
    /// How long a loss waits for the other half of a change ("cancel the old, create the new").
    package var settle: Duration = .seconds(60)
    package var onRefund: RefundPolicy = .suspend
    package var latePayment: LatePaymentPolicy = .reactivate
    package var cancel: CancelPolicy = .now
    package var deliveryRetention: Duration = .days(90)
    package var accountRetention: AccountRetention = .lasting(.days(30))
    package var retry = RetrySchedule()
    /// How long a customer may be worked on before a person is asked.
    package var attentionAfter: Duration = .seconds(900)
    package var auditEvery: Duration = .seconds(300)
    package var breaker = BreakerPolicy()

    package init() {}
}

/// How long an account that we created is kept after its last access ended.
package enum AccountRetention: Hashable, Comparable, Sendable {
    case lasting(Duration)
    case forever
}

/// What a refund or a lost dispute does to the subscription that was paid with it.
package enum RefundPolicy: String, CaseIterable, Hashable, Sendable, Codable {
    case suspend, end, keep
}

/// What money does that arrives after the end.
package enum LatePaymentPolicy: String, CaseIterable, Hashable, Sendable {
    case reactivate, attention
}

/// What a sender means by *cancelled* without a date.
package enum CancelPolicy: String, CaseIterable, Hashable, Sendable {
    case now
    case periodEnd = "period_end"
}

/// The waits between tries; the last one repeats for ever.
package struct RetrySchedule: Hashable, Sendable {
    /// Never empty.
    package var steps: [Duration] = [
        .seconds(1), .seconds(5), .seconds(30), .seconds(120), .seconds(600), .seconds(1800),
    ]

    package init() {}

    package init(steps: [Duration]) {
        precondition(!steps.isEmpty, "a retry schedule has at least one step")
        self.steps = steps
    }

    /// How long to wait after `attempts` failed tries (one or more).
    ///
    /// `jitter` is 0 to 1 and lengthens or shortens the step by up to a tenth, so that many customers do not try at the same moment.
    package func wait(afterAttempts attempts: Int, jitter: Double) -> Duration {
        let step = steps[min(max(attempts, 1), steps.count) - 1]
        return step * (0.9 + 0.2 * min(max(jitter, 0), 1))
    }
}

/// How many customers may lose access before a person is asked.
package struct BreakerPolicy: Hashable, Sendable {
    package var maxCustomers = 5
    /// 0 to 1, of those who have access.
    package var maxShare = 0.2
    package var window: Duration = .seconds(600)

    package init() {}

    /// Over which time inferred losses are counted together: silence and lists are wrong for longer than a sender is.
    package var inferredWindow: Duration { max(window, .days(1)) }
}
