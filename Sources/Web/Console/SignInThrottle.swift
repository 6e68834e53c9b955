import Entitlements
import Synchronization

/// Slows down whoever tries tokens: a few wrong ones from one address, or many from anywhere, and the next must wait.
final class SignInThrottle: Sendable {
    static let window: Duration = .seconds(300)
    static let perAddress = 5
    /// From all addresses together, for those who have many.
    static let altogether = 50

    private let failures = Mutex<[(client: String, at: Timestamp)]>([])

    /// How long `client` has to wait before the next try; `nil` if it may try now.
    func wait(for client: String, now: Timestamp) -> Duration? {
        failures.withLock { failures in
            failures.removeAll { $0.at + Self.window <= now }
            let own = failures.filter { $0.client == client }
            let blocking = failures.count >= Self.altogether ? failures[...] : own[...]
            guard own.count >= Self.perAddress || failures.count >= Self.altogether else { return nil }
            return blocking.first.map { $0.at + Self.window - now }
        }
    }

    func noteFailure(of client: String, now: Timestamp) {
        failures.withLock { failures in
            if failures.count >= Self.altogether { failures.removeFirst() }
            failures.append((client, now))
        }
    }

    func noteSuccess(of client: String) {
        failures.withLock { $0.removeAll { $0.client == client } }
    }
}
