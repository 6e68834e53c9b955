import GRDB

/// The ledger's file cannot be opened, and what a person can do about it.
package struct LedgerUnusable: Error, Hashable, CustomStringConvertible {
    package var path: String
    package var why: String
    /// Whether the file is not the ledger itself, but the copy that was to be made of it.
    private(set) var isOfCopy = false

    package var description: String {
        isOfCopy ? "No copy is made at \(path): \(why)" : "The ledger \(path) cannot be used: \(why)"
    }

    static func copy(_ path: String, why: String) -> Self {
        var unusable = Self(path: path, why: why)
        unusable.isOfCopy = true
        return unusable
    }

    static func newer(path: String) -> Self {
        Self(
            path: path,
            why: "A newer version of Paydactyl wrote it. Run that version, or restore the copy made before the update."
        )
    }

    static func foreign(path: String, _ foreign: SQLiteLedger.Foreign) -> Self {
        Self(
            path: path,
            why: "It is \(foreign), and was left alone. \(foreign.remedy)"
        )
    }

    init(path: String, why: String) {
        self.path = path
        self.why = why
    }

    init(path: String, error: DatabaseError) {
        let advice: String
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            advice = "Another process holds it locked. Is a second Paydactyl running, or a copy being made?"
        case .SQLITE_CANTOPEN:
            advice = "It cannot be opened or made. Check that its folder exists and that this user may write there."
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            advice = "This user may not write it. Check the owner and the permissions of the file and its folder."
        case .SQLITE_FULL:
            advice = "The disk is full."
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            advice = "It is damaged or no ledger at all. Restore it from a backup."
        default:
            advice = "Its disk or its file system may be at fault."
        }
        self.init(
            path: path,
            why: "\(advice) (\(error.message ?? "no message"), SQLite code \(error.extendedResultCode.rawValue))"
        )
    }
}
