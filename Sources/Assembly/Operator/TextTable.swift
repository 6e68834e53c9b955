/// A table for people, in columns as wide as what stands in them; whatever was written by others is made harmless, and shortened in its
/// middle where it is very long, but in the last column.
package struct TextTable: Sendable {
    private let header: [String]
    /// Columns that are for reading, and not shortened.
    private let whole: Set<String>
    private var rows: [[Cell]] = []

    private struct Cell {
        var text: String
        var style: TextStyle?
    }

    package init(_ header: String..., whole: Set<String> = []) {
        self.header = header
        self.whole = whole.union(header.suffix(1))
    }

    package var isEmpty: Bool { rows.isEmpty }

    /// Adds a row; `styles` colours cells by their column.
    package mutating func add(_ cells: [String], styles: [Int: TextStyle] = [:]) {
        rows.append(
            cells.enumerated().map { column, text in
                let text = text.isEmpty ? "-" : shown(text)
                return Cell(text: whole.contains(header[column]) ? text : text.shortened, style: styles[column])
            }
        )
    }

    /// The lines, without blanks at their ends.
    package func lines(coloured: Bool) -> [String] {
        let head = header.map { Cell(text: $0, style: .bold) }
        let widths = header.indices.map { column in
            ([head] + rows).map { row in column < row.count ? row[column].text.columns : 0 }.max() ?? 0
        }
        return ([head] + rows).map { row in
            row.enumerated().map { column, cell in
                let text = cell.style.map { $0.applied(to: cell.text, coloured) } ?? cell.text
                let isLast = column == row.count - 1
                return isLast ? text : text + String(repeating: " ", count: widths[column] - cell.text.columns)
            }.joined(separator: "  ")
        }
    }
}

/// How a word is set off on a terminal; elsewhere it stands plain.
package enum TextStyle: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"

    package func applied(to text: String, _ coloured: Bool) -> String {
        coloured ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    /// At most so many characters of it: an e-mail of ordinary length stands whole.
    private static let mostInTable = 60

    /// Without its middle, where it is very long; its ends tell it from others.
    fileprivate var shortened: String {
        guard count > Self.mostInTable else { return self }
        let half = (Self.mostInTable - 1) / 2
        return "\(prefix(Self.mostInTable - 1 - half))…\(suffix(half))"
    }

    /// How many columns of a terminal it takes, as nearly as can be said.
    fileprivate var columns: Int {
        reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            return sum + (scalar.isWide ? 2 : 1)
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0x20000...0x3FFFD:
            true
        default: properties.isEmojiPresentation
        }
    }
}
