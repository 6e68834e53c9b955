import Foundation
import Synchronization

/// The right to serve from a ledger, as an exclusive lock on a file beside it; the system ends it with the process, however that ends.
final class LedgerOwnership: Sendable {
    private let descriptor: Mutex<Int32?>

    /// Throws `LedgerUnusable` if another process has it.
    init(of path: String, exclusively: Bool) throws {
        guard exclusively else {
            descriptor = Mutex(nil)
            return
        }
        let lock = path + ".lock"
        let opened = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw LedgerUnusable(
                path: path,
                why: "\(lock) cannot be made. Check that its folder exists and that this user may write there."
            )
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            Foundation.close(opened)
            throw LedgerUnusable(
                path: path,
                why:
                    "Another Paydactyl is running on it. Stop that one first; two on one ledger would take each other's work."
            )
        }
        descriptor = Mutex(opened)
    }

    func release() {
        let held = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        if let held { Foundation.close(held) }
    }

    deinit {
        release()
    }
}
