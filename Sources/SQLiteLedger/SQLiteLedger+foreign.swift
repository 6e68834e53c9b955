import Foundation

extension SQLiteLedger {
    /// What every database of SQLite begins with (https://sqlite.org/fileformat.html, 1.3.1).
    private static let magic = Data("SQLite format 3\0".utf8)

    /// Whether a file may be opened as a ledger: it begins as one, or is empty, or is not there yet, as before the first start.
    ///
    /// One that cannot be read counts as one: why it cannot is told where it is opened.
    package static func mayBeLedger(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return true }
        do {
            let head = try file.read(upToCount: magic.count) ?? Data()
            try file.close()
            return head.isEmpty || head == magic
        } catch {
            return true
        }
    }
}
