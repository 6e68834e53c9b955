import Ledger
import SQLiteLedger
import Testing

/// A way to make an empty ledger; every test of this target runs once for each of them.
///
/// A second database joins by one more entry in `all`.
struct LedgerFactory: Sendable, CustomTestStringConvertible {
    let name: String
    let make: @Sendable (_ folder: TemporaryFolder) throws -> any Ledger

    var testDescription: String { name }

    static let all = [
        LedgerFactory(name: "SQLite") { try SQLiteLedger(path: $0.path + "/ledger.sqlite") }
    ]
}
