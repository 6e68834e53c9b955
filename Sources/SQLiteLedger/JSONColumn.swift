import Foundation

/// Values that are kept as JSON in a column.
enum JSONColumn {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from text: String, of table: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw CorruptRow(table: table, what: "a \(type) that cannot be read: \(error)")
        }
    }
}

/// A row holds what this version never writes: the file was changed by something else.
struct CorruptRow: Error, CustomStringConvertible {
    var table: String
    var what: String

    var description: String {
        "The ledger's table \"\(table)\" holds \(what), which no version of Paydactyl writes. Restore the file from a backup."
    }
}
