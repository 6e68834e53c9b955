import Crypto
import Entitlements
import Foundation
import HTTPTypes
import Provisioning
import Synchronization

/// Slows down whoever tries tokens, at the sign-in and at the API alike: after a few wrong ones from one address the next must wait.
///
/// At the API a right token passes all the same; at the sign-in people wait, too.
/// Each address waits for its own guesses alone, so that nobody keeps others out. The same wrong token again is no further guess: a
/// program with an old token does not lock out whoever else works on its machine.
final class TokenThrottle: Sendable {
    static let window: Duration = .seconds(300)
    static let guesses = 5
    /// Of more addresses than these the one that guessed longest ago is forgotten.
    static let addresses = 1000

    private struct Guess {
        /// Not the token itself, which may be one that is right elsewhere.
        var token: SHA256Digest
        var at: Timestamp
    }

    private let guesses = Mutex<[String: [Guess]]>([:])

    /// How long `client` has to wait before the next try; `nil` if it may try now.
    func wait(for client: String, now: Timestamp) -> Duration? {
        guesses.withLock { guesses in
            let recent = guesses[client, default: []].filter { now < $0.at + Self.window }
            guesses[client] = recent.isEmpty ? nil : recent
            guard recent.count >= Self.guesses, let first = recent.first else { return nil }
            return first.at + Self.window - now
        }
    }

    func noteGuess(_ token: String, by client: String, now: Timestamp) {
        let token = SHA256.hash(data: Data(token.utf8))
        guesses.withLock { guesses in
            guard !guesses[client, default: []].contains(where: { $0.token == token }) else { return }
            guesses[client, default: []].append(Guess(token: token, at: now))
            guard guesses.count > Self.addresses else { return }
            let oldest = guesses.min { ($0.value.last?.at ?? now) < ($1.value.last?.at ?? now) }
            if let oldest { guesses[oldest.key] = nil }
        }
    }
}

extension Problem {
    /// What is answered while an address has to wait.
    static func tooManyGuesses(waiting wait: Duration) -> Problem {
        Problem(
            .tooManyRequests,
            "Too many wrong tokens came from this address. Try again in \(wait.inWords).",
            headers: [.retryAfter: "\(max(1, wait.components.seconds))"]
        )
    }
}
