/// The time as the client sees it, so that a simulation can fill it.
public struct PanelClock: Sendable {
    /// Time since some fixed moment, which never goes back.
    public var uptime: @Sendable () -> Duration
    /// Time since 1970, to be held against the panel's.
    public var sinceEpoch: @Sendable () -> Duration
    /// Waits for so long, or throws when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    public init(
        uptime: @escaping @Sendable () -> Duration,
        sinceEpoch: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.uptime = uptime
        self.sinceEpoch = sinceEpoch
        self.sleep = sleep
    }

    /// The clocks of this machine.
    public static var system: PanelClock {
        let start = ContinuousClock.now
        return PanelClock(
            uptime: { start.duration(to: .now) },
            sinceEpoch: { .seconds(wallSeconds()) },
            sleep: { try await Task.sleep(for: $0) }
        )
    }
}

/// What the `Date` header of an answer said, beside our own clock at that moment.
public struct PanelClockReading: Hashable, Sendable {
    /// The panel's time since 1970, to the second.
    public var panel: Duration
    /// Ours since 1970.
    public var ours: Duration

    /// How far the panel is ahead of us; a second either way says nothing.
    public var skew: Duration { panel - ours }
}
