extension RateBudget {
    /// What an answer says about the rate of requests.
    public struct Answer: Hashable, Sendable {
        /// Whether the panel refused it because there were too many.
        public var refused: Bool
        public var limit: Int?
        public var remaining: Int?
        public var retryAfter: Duration?

        public init(refused: Bool, limit: Int? = nil, remaining: Int? = nil, retryAfter: Duration? = nil) {
            self.refused = refused
            self.limit = limit
            self.remaining = remaining
            self.retryAfter = retryAfter
        }

        init(_ response: PanelResponse) {
            self.init(
                refused: response.status == 429,
                limit: response.integer("x-ratelimit-limit"),
                remaining: response.integer("x-ratelimit-remaining"),
                retryAfter: response.retryAfter
            )
        }
    }

    /// Takes back the right to a request together with its answer, or nil if none came.
    public mutating func settled(_ permit: Permit, _ answer: Answer?, now: Duration) {
        if let limit = answer?.limit { learn(limit: limit) }
        let inFlight = land(permit)
        if let answer, answer.refused {
            close(for: answer.retryAfter, now)
        } else if gate == .probing(permit: permit.number) {
            // A probe that was lost proves nothing: the next request is the next probe.
            gate = answer == nil ? .closed(until: now) : .open
        }
        if let remaining = answer?.remaining, answer?.refused != true, permit.window == window?.number {
            count(remaining: remaining, inFlight: inFlight, now)
        }
    }

    /// Takes back the right to a request that was never sent.
    public mutating func unused(_ permit: Permit, now: Duration) {
        _ = land(permit)
        uncount()
        if gate == .probing(permit: permit.number) { gate = .closed(until: now) }
        guard permit.window == window?.number else { return }
        window?.sent -= 1
        if permit.priority == .audit { window?.sentForAudit -= 1 }
    }

    /// Notes that a request is no longer under way, and tells how many are, this one included.
    private mutating func land(_ permit: Permit) -> Int {
        guard let current = window, permit.window == current.number else { return 0 }
        window?.inFlight -= 1
        return current.inFlight
    }

    private mutating func close(for retryAfter: Duration?, _ now: Duration) {
        countThrottled()
        let pause = min(retryAfter ?? settings.window, settings.longestPause)
        var until = now + pause + settings.margin
        if case .closed(let already) = gate { until = max(until, already) }
        gate = .closed(until: until)
        // What the panel counts by then begins anew; the requests still under way belong to the window that it closed.
        window = nil
    }

    private mutating func count(remaining: Int, inFlight: Int, _ now: Duration) {
        guard var current = window, (0...limit).contains(remaining) else { return }
        let used = limit - remaining
        if used + inFlight < current.reported {
            // Answers may overtake one another, but not by more than were under way: the panel has begun a new window.
            current.reported = used
            current.sent = used + current.inFlight
            current.sentForAudit = 0
            current.endsAt = now + settings.window + settings.margin
        } else {
            current.reported = max(current.reported, used)
            if !current.anchored { current.endsAt = now + settings.window + settings.margin }
        }
        current.anchored = true
        window = current
    }
}

/// Where the budget of one API of a panel stands.
public struct BudgetStatus: Hashable, Sendable {
    /// The panel's limit a window, and what it says, or we reckon, is left of it.
    public var limit: Int
    public var remaining: Int
    /// Since the start: requests sent, requests that had to wait, requests that the panel refused for their number.
    public var calls: UInt64
    public var waits: UInt64
    public var throttled: UInt64
    /// How many wait now.
    public var waiting: Int
    /// How long the panel still wants to be left alone, if it does.
    public var pause: Duration?
}

extension RateBudget {
    public func status(now: Duration) -> BudgetStatus {
        var used = 0
        if let window, window.endsAt > now { used = window.used }
        var pause: Duration?
        if case .closed(let until) = gate, until > now { pause = until - now }
        return BudgetStatus(
            limit: limit,
            remaining: max(0, limit - used),
            calls: calls,
            waits: waits,
            throttled: throttled,
            waiting: waitingCount,
            pause: pause
        )
    }
}
