package import Entitlements
import Synchronization

/// The payments of which only Paymenter's own database can tell what they were for: its extension is asked, and answers by a delivery.
///
/// They are those of the deliveries that wait for it, so they are in no ledger: after a restart their matcher asks anew.
package final class PaymentQuestions: Sendable {
    package struct Question: Hashable, Sendable {
        package var payment: String
        package var since: Timestamp
    }

    private struct State {
        var open: [String: Timestamp] = [:]
        var unknown: Set<String> = []
    }

    /// More are not asked about at once: the deliveries that wait for an answer must leave room in the matcher's batch, and the extension
    /// takes 50 (`Core/Wanted.php`).
    static let most = 30
    /// The extension asks every five minutes; after this a person should see why it does not.
    static let patience: Duration = .seconds(1800)
    /// After this it is not asked any more, unless somebody has the event looked at again.
    static let limit: Duration = .days(2)

    /// Questions that found their end without an answer that helps.
    struct Closed: Sendable {
        /// Of which Paymenter turned out to know nothing.
        var unknown: Set<String>
        var unanswered: Set<String>
    }

    /// Rings when Stripe delivered something, something was answered, or a person has something looked at again.
    package let changed: Signal
    private let state = Mutex(State())

    package init(changed: Signal) {
        self.changed = changed
    }

    /// Those that wait for an answer, the oldest first.
    package var open: [Question] {
        state.withLock { $0.open }.map { Question(payment: $0.key, since: $0.value) }
            .sorted { ($0.since, $0.payment) < ($1.since, $1.payment) }
    }

    /// Those that were to be answered by `now`.
    package func overdue(at now: Timestamp) -> [Question] { open.filter { now - $0.since >= Self.patience } }

    /// Takes the answer that the extension gave; what a known payment was for is in the ledger by then.
    func answer(_ payment: String, isKnown: Bool) {
        state.withLock { state in
            guard state.open.removeValue(forKey: payment) != nil, !isKnown else { return }
            state.unknown.insert(payment)
        }
        changed.ring()
    }

    /// Asks, unless too many are asked about already; says whether it is asked.
    func ask(_ payment: String, now: Timestamp) -> Bool {
        state.withLock { state in
            if state.open[payment] != nil { return true }
            guard state.open.count < Self.most else { return false }
            state.open[payment] = now
            return true
        }
    }

    func isOpen(_ payment: String) -> Bool { state.withLock { $0.open[payment] != nil } }

    /// Asks no more, since it is known.
    func close(_ payment: String) { state.withLock { _ = $0.open.removeValue(forKey: payment) } }

    /// Closes what was asked for too long, and gives back what was closed without help since this was last called.
    func takeClosed(at now: Timestamp) -> Closed {
        state.withLock { state in
            let unanswered = state.open.filter { now - $0.value >= Self.limit }.keys
            for payment in unanswered { state.open[payment] = nil }
            defer { state.unknown = [] }
            return Closed(unknown: state.unknown, unanswered: Set(unanswered))
        }
    }

    /// When the oldest question is given up.
    var nextLimit: Timestamp? { open.first.map { $0.since + Self.limit } }
}
