package import Entitlements
import Foundation

/// Time and chance as services take them, so that a test or a simulation can fill them in.
package struct ServiceClock: Sendable {
    /// The wall clock, for times that are kept.
    package var now: @Sendable () -> Timestamp
    package var sleep: @Sendable (Duration) async throws -> Void
    /// 0 to 1.
    package var jitter: @Sendable () -> Double
    /// How long a wait for a moment sleeps before it looks at the clock again, which somebody may have set meanwhile.
    package var glance: Duration

    package init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        jitter: @escaping @Sendable () -> Double,
        glance: Duration = .seconds(60)
    ) {
        self.now = now
        self.sleep = sleep
        self.jitter = jitter
        self.glance = glance
    }

    /// The machine's.
    package static let system = ServiceClock(
        now: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) },
        sleep: { try await Task.sleep(for: $0) },
        jitter: { Double.random(in: 0...1) }
    )

    /// Sleeps until `moment`, or until `signal` rings; at once if the moment has passed.
    func sleep(until moment: Timestamp?, or signal: Signal) async {
        _ = await sleep(until: moment, or: [signal], atMost: glance)
    }

    /// Sleeps until `moment`, or until one of the signals rings, whose place it then returns; `nil` when the time came.
    func sleep(until moment: Timestamp?, or signals: [Signal], atMost longest: Duration) async -> Int? {
        let wait = moment.map { min($0 - now(), longest) } ?? longest
        guard wait > .zero else { return nil }
        return await withTaskGroup(of: Int?.self) { group in
            group.addTask {
                // A cancelled sleep ends the wait like any other.
                do { try await sleep(wait) } catch {}
                return nil
            }
            for (place, signal) in signals.enumerated() {
                group.addTask {
                    await signal.wait()
                    return place
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
