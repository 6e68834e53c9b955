import Crypto
import Entitlements
import Foundation
import Observability
import Synchronization

/// Somebody signed in to the console.
struct Session: Sendable {
    /// What the cookie carries; as secret as a token.
    var id: String
    var person: Person
    /// What every form of this session carries, so that no other site can send one in its name.
    var formToken: String
    /// The token that it was opened with, as a hash: it ends when that token leaves the configuration.
    fileprivate var tokenHash: [UInt8]
    fileprivate var openedAt: Timestamp
    fileprivate var seenAt: Timestamp
}

/// Who is signed in; in memory, so a restart asks everybody for their token again.
final class Sessions: Sendable {
    /// A session that nobody used for so long ends.
    static let idle: Duration = .seconds(8 * 3600)
    /// However busy, a session ends after so long.
    static let longest: Duration = .days(1)
    /// The oldest makes room for more than these.
    static let most = 500

    private struct State {
        var sessions: [String: Session] = [:]
        /// What to tell somebody on the next page they see, by session.
        var notices: [String: String] = [:]
    }

    private let state = Mutex(State())

    func open(for person: Person, token: String, now: Timestamp) -> Session {
        let session = Session(
            id: Self.secret(),
            person: person,
            formToken: Self.secret(),
            tokenHash: Self.hash(token),
            openedAt: now,
            seenAt: now
        )
        state.withLock { state in
            state.sessions = state.sessions.filter { !$0.value.isOver(at: now) }
            if state.sessions.count >= Self.most,
                let oldest = state.sessions.values.min(by: { $0.seenAt < $1.seenAt })
            {
                state.sessions[oldest.id] = nil
            }
            state.sessions[session.id] = session
            state.notices = state.notices.filter { state.sessions[$0.key] != nil }
        }
        return session
    }

    /// The session behind a cookie, with the role that its token has now; `nil` once it is over or its token is no longer configured.
    func session(_ id: String, tokens: [AdminToken], now: Timestamp) -> Session? {
        state.withLock { state in
            guard var session = state.sessions[id] else { return nil }
            guard !session.isOver(at: now),
                let token = tokens.first(where: { Self.hash($0.token.reveal()) == session.tokenHash })
            else {
                state.sessions[id] = nil
                state.notices[id] = nil
                return nil
            }
            session.person = Person(name: token.name, mayChange: token.mayChange)
            session.seenAt = now
            state.sessions[id] = session
            return session
        }
    }

    func close(_ id: String) {
        state.withLock { state in
            state.sessions[id] = nil
            state.notices[id] = nil
        }
    }

    /// Keeps a sentence for the next page of the session.
    func leave(notice: String, for session: Session) {
        state.withLock { $0.notices[session.id] = notice }
    }

    /// The sentence that was left, once.
    func takeNotice(for session: Session) -> String? {
        state.withLock { $0.notices.removeValue(forKey: session.id) }
    }

    private static func secret() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes(\.hexadecimal)
    }

    private static func hash(_ token: String) -> [UInt8] {
        Array(SHA256.hash(data: Data(token.utf8)))
    }
}

extension Session {
    fileprivate func isOver(at now: Timestamp) -> Bool {
        seenAt + Sessions.idle <= now || openedAt + Sessions.longest <= now
    }
}
