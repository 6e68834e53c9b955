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
        inFlight -= 1
        if let limit = answer?.limit { learn(limit: limit) }
        if let answer, answer.refused {
            close(for: answer.retryAfter, now)
            return
        }
        if gate == .probing(permit: permit.number) {
            // A probe that was lost proves nothing: the next request is the next probe.
            gate = answer == nil ? .closed(until: now) : .open
        }
        if let remaining = answer?.remaining { count(remaining: remaining, permit, now) }
    }

    /// Takes back the right to a request that was never sent.
    public mutating func unused(_ permit: Permit, now: Duration) {
        inFlight -= 1
        uncount()
        if gate == .probing(permit: permit.number) { gate = .closed(until: now) }
        guard permit.window == window?.number else { return }
        window?.sent -= 1
        if permit.priority == .audit { window?.sentForAudit -= 1 }
    }

    private mutating func close(for retryAfter: Duration?, _ now: Duration) {
        countThrottled()
        let pause = min(retryAfter ?? settings.window, settings.longestPause)
        var until = now + pause + settings.margin
        if case .closed(let already) = gate { until = max(until, already) }
        gate = .closed(until: until)
        // What the panel counts by then begins anew.
        window = nil
    }

    private mutating func count(remaining: Int, _ permit: Permit, _ now: Duration) {
        guard var current = window, (0...limit).contains(remaining) else { return }
        let used = limit - remaining
        let isCountedAnew = used <= permit.reported
        if permit.window == current.number, isCountedAnew {
            // Another tool had begun the panel's window before us, and it has ended: this is the first we see of the next.
            current = Window(number: nextNumber(), endsAt: now + settings.window + settings.margin)
            current.anchored = true
            current.sent = used
            current.reported = used
        } else if permit.window == current.number {
            current.reported = max(current.reported, used)
            if !current.anchored { current.endsAt = now + settings.window + settings.margin }
            current.anchored = true
        } else if isCountedAnew {
            // Sent in an earlier window, counted in this one.
            current.reported = max(current.reported, used)
        }
        window = current
    }
}

/// Where the budget of one API of a panel stands.
public struct BudgetStatus: Hashable, Sendable {
    /// The panel's limit a window, and what it says, or we reckon, is left of it: nothing while it wants to be left alone.
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
        if let window, window.endsAt > now { used = self.used(of: window) }
        var pause: Duration?
        if case .closed(let until) = gate, until > now { pause = until - now }
        return BudgetStatus(
            limit: limit,
            remaining: pause == nil ? max(0, limit - used) : 0,
            calls: calls,
            waits: waits,
            throttled: throttled,
            waiting: waitingCount,
            pause: pause
        )
    }
}
