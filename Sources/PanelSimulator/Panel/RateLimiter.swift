/// Counts calls for each user in fixed windows, as Laravel's throttle does.
struct RateLimiter: Sendable {
    /// The two sides of the panel, each with a bucket of its own.
    enum Side: Sendable, Hashable {
        case application, client
    }

    /// What became of one call.
    struct Verdict: Sendable {
        var isAllowed: Bool
        var headers: [(String, String)]
    }

    private struct Bucket: Sendable, Hashable {
        var side: Side
        var userID: Int
    }

    private struct Window: Sendable {
        var end: Double
        var used: Int
    }

    private var windows: [Bucket: Window] = [:]

    /// Counts a call of a user at a moment (seconds since 1970); a refused call does not lengthen the window.
    mutating func count(_ side: Side, user: Int, limit: Int, length: Double, now: Double) -> Verdict {
        let bucket = Bucket(side: side, userID: user)
        var window = windows[bucket] ?? Window(end: 0, used: 0)
        if now >= window.end { window = Window(end: now + length, used: 0) }
        guard window.used < limit else {
            windows[bucket] = window
            let wait = max(1, Int((window.end - now).rounded(.up)))
            return Verdict(
                isAllowed: false,
                headers: [
                    ("x-ratelimit-limit", String(limit)), ("x-ratelimit-remaining", "0"),
                    ("retry-after", String(wait)), ("x-ratelimit-reset", String(Int(now) + wait)),
                ]
            )
        }
        window.used += 1
        windows[bucket] = window
        return Verdict(
            isAllowed: true,
            headers: [
                ("x-ratelimit-limit", String(limit)), ("x-ratelimit-remaining", String(limit - window.used)),
            ]
        )
    }

    /// Uses calls of a user's bucket up, as another tool of the same admin would.
    mutating func use(_ calls: Int, _ side: Side, user: Int, length: Double, now: Double) {
        let bucket = Bucket(side: side, userID: user)
        var window = windows[bucket] ?? Window(end: 0, used: 0)
        if now >= window.end { window = Window(end: now + length, used: 0) }
        window.used += calls
        windows[bucket] = window
    }

    /// Forgets all windows.
    mutating func reset() {
        windows = [:]
    }
}
