package import Entitlements

/// Which alerts were told, and which messages have not reached their target yet.
package struct AlertBook: Hashable, Sendable, Codable {
    private struct Told: Hashable, Sendable, Codable {
        /// As it was at its worst since it was last told.
        var alert: Alert
        /// From where on more of it is news.
        var extent: Int
        var at: Timestamp
    }

    /// Messages on their way to one target, in order, and when the next try is due.
    package struct Outbox: Hashable, Sendable, Codable {
        package fileprivate(set) var messages: [AlertMessage] = []
        package fileprivate(set) var attempts = 0
        package fileprivate(set) var dueAt: Timestamp?
    }

    /// Something that grows all the time is told no more often than this.
    static let pace: Duration = .seconds(900)
    /// More than these of one target make the oldest go: who could not be reached for so long reads the console.
    static let most = 50
    static let retries = RetrySchedule(steps: [.seconds(10), .seconds(60), .seconds(300), .seconds(1800)])

    private var told: [String: Told] = [:]
    package private(set) var outboxes: [String: Outbox] = [:]
    private var summaryDay: String?

    package init() {}

    /// Takes what is the case now, and puts into the outboxes what is news.
    package mutating func note(_ alerts: [Alert], for targets: Set<String>, now: Timestamp) {
        outboxes = outboxes.filter { targets.contains($0.key) }
        let present = Set(alerts.map(\.cause))
        for alert in alerts {
            guard let before = told[alert.cause] else {
                told[alert.cause] = Told(alert: alert, extent: alert.extent, at: now)
                send(.begun, alert, to: targets, now: now)
                continue
            }
            // A part that ended and comes again is news again.
            if alert.extent < before.extent { told[alert.cause]?.extent = alert.extent }
            // It is still the same trouble, and began when it began.
            var alert = alert
            alert.since = before.alert.since
            // Its end is told with the most that it was.
            if alert.extent > before.alert.extent { told[alert.cause]?.alert = alert }
            guard alert.extent > before.extent, before.at + Self.pace <= now else { continue }
            told[alert.cause] = Told(alert: alert, extent: alert.extent, at: now)
            send(.grown, alert, to: targets, now: now)
        }
        for (cause, before) in told.sorted(by: { $0.key < $1.key }) where !present.contains(cause) {
            told[cause] = nil
            send(.over, before.alert, to: targets, now: now)
        }
    }

    /// Puts a summary into the outboxes, once a day.
    package mutating func summarise(_ summary: Alert, day: String, for targets: Set<String>, now: Timestamp) {
        guard summaryDay != day else { return }
        let isFirst = summaryDay == nil
        summaryDay = day
        if !isFirst { send(.summary, summary, to: targets, now: now) }
    }

    private mutating func send(_ kind: AlertMessage.Kind, _ alert: Alert, to targets: Set<String>, now: Timestamp) {
        let message = AlertMessage(
            id: "alert_\(alert.cause)_\(kind.rawValue)_\(now.milliseconds)",
            kind: kind,
            alert: alert,
            at: now
        )
        for target in targets {
            outboxes[target, default: Outbox()].messages.append(message)
            let excess = (outboxes[target]?.messages.count ?? 0) - Self.most
            if excess > 0 { outboxes[target]?.messages.removeFirst(excess) }
        }
    }

    /// The message that is to be sent to a target now.
    package func due(for target: String, now: Timestamp) -> AlertMessage? {
        guard let outbox = outboxes[target], outbox.dueAt.map({ $0 <= now }) ?? true else { return nil }
        return outbox.messages.first
    }

    package mutating func delivered(_ message: AlertMessage, to target: String) {
        outboxes[target]?.messages.removeAll { $0.id == message.id }
        outboxes[target]?.attempts = 0
        outboxes[target]?.dueAt = nil
    }

    /// `retryAfter` is what the target asked for; `jitter` is 0 to 1.
    package mutating func failed(for target: String, retryAfter: Duration?, jitter: Double, now: Timestamp) {
        guard var outbox = outboxes[target] else { return }
        outbox.attempts += 1
        let wait = Self.retries.wait(afterAttempts: outbox.attempts, jitter: jitter)
        outbox.dueAt = now + max(wait, min(retryAfter ?? .zero, .seconds(3600)))
        outboxes[target] = outbox
    }
}
