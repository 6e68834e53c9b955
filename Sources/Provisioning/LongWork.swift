package import Entitlements
import Synchronization

/// How far work is that takes long, for people to watch; what is over is not listed any more.
package final class LongWork: Sendable {
    package struct Progress: Hashable, Sendable {
        /// What is done, in words: `panel main is read: servers`.
        package var what: String
        package var done: Int
        /// `nil` while it is not known.
        package var total: Int?
        package var since: Timestamp

        package init(what: String, done: Int, total: Int?, since: Timestamp) {
            self.what = what
            self.done = done
            self.total = total
            self.since = since
        }
    }

    private let state = Mutex<[String: Progress]>([:])

    package init() {}

    /// What is under way, the oldest first.
    package var underWay: [Progress] {
        state.withLock { Array($0.values) }.sorted { ($0.since, $0.what) < ($1.since, $1.what) }
    }

    /// Notes how far the work of that name is; its beginning is the first note.
    package func note(_ name: String, _ what: String, done: Int, total: Int?, now: Timestamp) {
        state.withLock { state in
            state[name] = Progress(what: what, done: done, total: total, since: state[name]?.since ?? now)
        }
    }

    package func end(_ name: String) {
        state.withLock { $0[name] = nil }
    }
}
