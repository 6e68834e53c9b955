/// The records of comma-separated values, each with the line on which it begins.
enum CSVRecords {
    struct Record: Hashable {
        var line: Int
        var fields: [String]
    }

    /// Reads a text; empty lines are passed over, and a quote that is not closed is a mistake.
    static func read(_ text: String) throws(ServiceTable.Mistakes) -> [Record] {
        var scan = Scan()
        // A carriage return and a line feed are one character in Swift.
        for character in text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...] { scan.take(character) }
        guard !scan.isQuoted else {
            throw ServiceTable.Mistakes(lines: ["line \(scan.record.line): a quote is not closed"])
        }
        scan.endRecord()
        return scan.records
    }

    private struct Scan {
        var records: [Record] = []
        var record = Record(line: 1, fields: [])
        var isQuoted = false
        private var field = ""
        private var wasQuote = false
        private var line = 1

        mutating func take(_ character: Character) {
            if character.isNewline { line += 1 }
            if isQuoted {
                if character == "\"" { (isQuoted, wasQuote) = (false, true) } else { field.append(character) }
                return
            }
            switch character {
            case "\"" where wasQuote:
                // Two quotes within quotes are one.
                field.append("\"")
                isQuoted = true
            case "\"" where field.isEmpty: isQuoted = true
            case ",": endField()
            case _ where character.isNewline: endRecord()
            default: field.append(character)
            }
            wasQuote = false
        }

        private mutating func endField() {
            record.fields.append(trimmed(field))
            field = ""
        }

        mutating func endRecord() {
            endField()
            if record.fields != [""] { records.append(record) }
            record = Record(line: line, fields: [])
        }

        private func trimmed(_ text: String) -> String {
            let start = text.drop { $0 == " " || $0 == "\t" }
            return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
    }
}
