/// How many requests may be sent to one API of a panel now, as a pure state machine: it reads no clock and waits for nothing.
///
/// The panel counts requests per user in windows of fixed length, which begin with the first request that finds none open, and shares them
/// among all that the user does. So the machine keeps both counts, its own and the panel's as the answers tell it, and believes the worse.
/// Times are durations since any fixed moment.
///
/// ```
///           429                    until is reached            probe answered
///   open ─────────▶ closed(until) ─────────────────▶ probing ─────────────────▶ open
///                        ▲                              │ 429, or lost
///                        └──────────────────────────────┘
/// ```
public struct RateBudget: Sendable {
    /// What the budget starts from, before the panel has said anything.
    public struct Settings: Hashable, Sendable {
        /// Requests per window, until the panel's headers tell another number.
        public var limit: Int
        /// Which part of the limit is ours; the rest is left to the other tools of the same user.
        public var share: Double
        public var window: Duration = .seconds(60)
        /// What is waited beyond the end of a window or of a `Retry-After`.
        public var margin: Duration = .milliseconds(500)
        /// The longest `Retry-After` that is obeyed before trying one request.
        public var longestPause: Duration = .seconds(900)
        /// How many requests may wait.
        public var queueLimit = 10_000

        public init(limit: Int, share: Double = 0.9) {
            self.limit = limit
            self.share = share
        }
    }

    /// The right to send one request, to be given back with its outcome.
    public struct Permit: Hashable, Sendable {
        var number: UInt64
        var window: UInt64
        /// How much of the window the panel had said was used when this was sent; in the same window it is counted beyond that.
        var reported: Int
        var priority: RequestPriority
    }

    /// The place of a request that waits.
    public struct Ticket: Hashable, Sendable {
        var number: UInt64
        var priority: RequestPriority
    }

    /// What becomes of a request.
    public enum Decision: Hashable, Sendable {
        case go(Permit)
        /// It waits, for a release at that moment or at an answer; the ticket pushed out, if any, will never be released.
        case wait(Ticket, until: Duration, pushedOut: Ticket?)
        /// It cannot even wait.
        case full
    }

    /// A request that waited and may go now.
    public struct Release: Hashable, Sendable {
        public var ticket: Ticket
        public var permit: Permit
    }

    enum Gate: Hashable, Sendable {
        case open
        case closed(until: Duration)
        case probing(permit: UInt64)
    }

    /// What was spent since the panel's window began, as far as we can know.
    struct Window: Hashable, Sendable {
        var number: UInt64
        var endsAt: Duration
        /// Whether an answer has shown that the panel's own window has begun.
        var anchored = false
        var sent = 0
        var sentForAudit = 0
        var reported = 0
    }

    public let settings: Settings
    public private(set) var limit: Int
    /// How many requests were sent, how many of them had to wait, and how many the panel refused for their number.
    public private(set) var calls: UInt64 = 0
    public private(set) var waits: UInt64 = 0
    public private(set) var throttled: UInt64 = 0

    var gate: Gate = .open
    var window: Window?
    /// Requests without an answer as yet, whichever window the panel will count them in.
    var inFlight = 0
    var waiting: [[Ticket]] = Array(repeating: [], count: RequestPriority.allCases.count)
    private var lastNumber: UInt64 = 0

    public init(_ settings: Settings) {
        self.settings = settings
        limit = max(1, settings.limit)
    }

    /// Asks for the right to send one request.
    public mutating func request(_ priority: RequestPriority, now: Duration) -> Decision {
        roll(now)
        if !someoneWaits(atOrAbove: priority), admits(priority, now) { return .go(take(priority, now)) }
        var pushedOut: Ticket?
        if waitingCount >= settings.queueLimit {
            guard let lowest = RequestPriority.allCases.first(where: { !waiting[$0.rawValue].isEmpty }),
                lowest < priority
            else { return .full }
            pushedOut = waiting[lowest.rawValue].popLast()
        }
        let ticket = Ticket(number: nextNumber(), priority: priority)
        waiting[priority.rawValue].append(ticket)
        waits += 1
        return .wait(ticket, until: nextRelease(now) ?? now, pushedOut: pushedOut)
    }

    /// Lets go whoever may: the higher priority first, within one the longer waiting.
    public mutating func release(now: Duration) -> [Release] {
        roll(now)
        var released: [Release] = []
        for priority in RequestPriority.allCases.reversed() {
            while let ticket = waiting[priority.rawValue].first, admits(priority, now) {
                waiting[priority.rawValue].removeFirst()
                released.append(Release(ticket: ticket, permit: take(priority, now)))
            }
        }
        return released
    }

    /// When ``release(now:)`` should be called next, or nil if nobody waits.
    public func nextRelease(_ now: Duration) -> Duration? {
        guard waitingCount > 0 else { return nil }
        switch gate {
        case .closed(let until): return max(until, now)
        // The probe's answer releases; this is only for looking again.
        case .probing: return now + .seconds(1)
        case .open:
            guard let window, window.endsAt > now else { return now }
            let someoneMayGo = RequestPriority.allCases.contains { !waiting[$0.rawValue].isEmpty && admits($0, now) }
            return someoneMayGo ? now : window.endsAt
        }
    }

    /// Takes a request out of the queue, whose sender has given up.
    public mutating func withdraw(_ ticket: Ticket) {
        waiting[ticket.priority.rawValue].removeAll { $0 == ticket }
    }

    public var waitingCount: Int {
        waiting.reduce(0) { $0 + $1.count }
    }

    /// How many requests a window has for us.
    var ours: Int {
        max(1, Int(Double(limit) * min(1, max(0, settings.share))))
    }

    func used(of window: Window) -> Int {
        max(window.sent, window.reported + inFlight)
    }

    private func someoneWaits(atOrAbove priority: RequestPriority) -> Bool {
        waiting[priority.rawValue...].contains { !$0.isEmpty }
    }

    private func admits(_ priority: RequestPriority, _ now: Duration) -> Bool {
        switch gate {
        case .closed(let until): return now >= until
        case .probing: return false
        case .open: break
        }
        guard let window, window.endsAt > now else { return true }
        if priority == .audit, window.sentForAudit >= max(1, ours / 2) { return false }
        return used(of: window) < max(1, ours - ours * priority.leaves / 100)
    }

    private mutating func take(_ priority: RequestPriority, _ now: Duration) -> Permit {
        let number = nextNumber()
        if case .closed = gate { gate = .probing(permit: number) }
        var current = window ?? Window(number: number, endsAt: now + settings.window + settings.margin)
        current.sent += 1
        if priority == .audit { current.sentForAudit += 1 }
        window = current
        inFlight += 1
        calls += 1
        return Permit(number: number, window: current.number, reported: current.reported, priority: priority)
    }

    private mutating func roll(_ now: Duration) {
        if let window, window.endsAt <= now { self.window = nil }
    }

    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    mutating func learn(limit: Int) {
        // A limit that cannot be is no reason to stop, nor to send without one.
        guard (1...1_000_000).contains(limit) else { return }
        self.limit = limit
    }

    mutating func countThrottled() {
        throttled += 1
    }

    mutating func uncount() {
        calls -= 1
    }
}
