import Entitlements
import Foundation
import Ledger
package import Logging
package import Provisioning
import ServiceLifecycle

/// Looks at what needs a person, and tells the targets what is news; what could not be sent is tried again, over restarts too.
package struct AlertWatch: Service {
    let api: AdminAPI
    let settings: Current<AlertSettings>
    let send: @Sendable (AlertPost) async throws -> AlertAnswer
    let logger: Logger

    static let pace: Duration = .seconds(15)
    private static let pin = "alerts"

    package init(
        api: AdminAPI,
        settings: Current<AlertSettings>,
        logger: Logger,
        send: @escaping @Sendable (AlertPost) async throws -> AlertAnswer
    ) {
        self.api = api
        self.settings = settings
        self.logger = logger
        self.send = send
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await look()
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("Alerts could not be told; it is tried again.", metadata: ["error": "\(error)"])
                }
                do { try await api.clock.sleep(Self.pace) } catch { return }
            }
        }
    }

    /// One look: what is the case, what of it is news, and one message to each target that is due.
    package func look() async throws {
        let settings = settings.value
        guard !settings.targets.isEmpty else { return }
        let before = try await api.ledger.pinned(Self.pin)
        var book = try before.map { try JSONDecoder().decode(AlertBook.self, from: Data($0.utf8)) } ?? AlertBook()
        let stored = book
        let now = api.clock.now()
        let names = Set(settings.targets.map(\.name))
        book.note(try await api.alerts(now: now), for: names, now: now)
        book.summarise(try await api.dailySummary(now: now), day: String(now.iso8601.prefix(10)), for: names, now: now)
        if book != stored { try await keep(book) }
        for target in settings.targets {
            try await deliver(to: target, from: &book, settings)
        }
    }

    /// Sends what waits for one target, in order, until one does not arrive.
    private func deliver(to target: AlertTarget, from book: inout AlertBook, _ settings: AlertSettings) async throws {
        while let message = book.due(for: target.name, now: api.clock.now()) {
            let now = api.clock.now()
            let post = try message.post(
                to: target,
                instance: api.rules.rules.instance,
                consoleURL: settings.consoleURL,
                now: now
            )
            var retryAfter: Duration?
            var failure: String?
            do {
                let answer = try await send(post)
                retryAfter = answer.retryAfter
                if !(200..<300).contains(answer.status) { failure = "it answered \(answer.status)" }
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = "\(type(of: error))"
            }
            if let failure {
                book.failed(for: target.name, retryAfter: retryAfter, jitter: api.clock.jitter(), now: now)
                logger.warning(
                    "An alert did not reach its target; it is sent again.",
                    metadata: ["target": "\(target.name)", "alert": "\(message.alert.cause)", "error": "\(failure)"]
                )
            } else {
                book.delivered(message, to: target.name)
            }
            try await keep(book)
        }
    }

    private func keep(_ book: AlertBook) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try await api.ledger.repin(String(decoding: try encoder.encode(book), as: UTF8.self), as: Self.pin)
    }
}
