/// JSON written by hand, for lines that must come out right whatever text goes in.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    /// Adds `text` as a JSON string of at most `limit` bytes of its own; what is cut off is counted.
    ///
    /// Beside what JSON demands, it escapes whatever could make a terminal or a log viewer show something that was not logged: C1 controls, line
    /// and paragraph separators, marks that turn the direction of writing, invisible ones.
    mutating func append(string text: String, limit: Int) {
        bytes.append(UInt8(ascii: "\""))
        var used = 0
        for scalar in text.unicodeScalars {
            let width = UTF8.width(scalar)
            guard used + width <= limit else {
                let missing = text.utf8.count - used
                bytes.append(contentsOf: "…(+\(missing) bytes)".utf8)
                break
            }
            used += width
            append(scalar)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func append(raw text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(json: JSONText) {
        bytes.append(contentsOf: json.bytes)
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": append(raw: "\\\"")
        case "\\": append(raw: "\\\\")
        case "\n": append(raw: "\\n")
        case "\r": append(raw: "\\r")
        case "\t": append(raw: "\\t")
        case _ where Self.mustBeHidden(scalar): appendEscape(of: scalar)
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private mutating func appendEscape(of scalar: Unicode.Scalar) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let digits = String(unit, radix: 16)
            bytes.append(contentsOf: "\\u".utf8)
            bytes.append(contentsOf: String(repeating: "0", count: 4 - digits.utf8.count).utf8)
            bytes.append(contentsOf: digits.utf8)
        }
    }

    private static func mustBeHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            true
        default: false
        }
    }
}
