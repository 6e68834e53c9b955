extension PanelJSON {
    /// What is wrong with a text that is not JSON.
    package struct SyntaxError: Error {
        /// Says that a text is no JSON, or not the JSON that was expected.
        package init() {}
    }

    /// Reads one JSON value that fills the whole text.
    package init(parsing bytes: some Sequence<UInt8>) throws(SyntaxError) {
        var reader = PanelJSONReader(bytes: Array(bytes))
        self = try reader.document()
    }

    /// Reads one JSON value that fills the whole text.
    package init(parsing text: String) throws(SyntaxError) {
        try self.init(parsing: text.utf8)
    }
}

/// Reads JSON from left to right.
private struct PanelJSONReader {
    let bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(PanelJSON.SyntaxError) -> PanelJSON {
        let value = try value(depth: 0)
        skipSpace()
        guard place == bytes.count else { throw PanelJSON.SyntaxError() }
        return value
    }

    private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    private mutating func expect(_ literal: StaticString) throws(PanelJSON.SyntaxError) {
        for offset in 0..<literal.utf8CodeUnitCount {
            guard current == literal.utf8Start[offset] else { throw PanelJSON.SyntaxError() }
            place += 1
        }
    }

    private mutating func value(depth: Int) throws(PanelJSON.SyntaxError) -> PanelJSON {
        guard depth < 512 else { throw PanelJSON.SyntaxError() }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try expect("null")
            return .null
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(PanelJSON.SyntaxError) -> [PanelJSON.Member] {
        place += 1
        var members: [PanelJSON.Member] = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            place += 1
            return members
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw PanelJSON.SyntaxError() }
            let key = try string()
            skipSpace()
            try expect(":")
            members.append(PanelJSON.Member(key, try value(depth: depth + 1)))
            if try !continues(until: UInt8(ascii: "}")) { return members }
        }
    }

    private mutating func array(depth: Int) throws(PanelJSON.SyntaxError) -> [PanelJSON] {
        place += 1
        var elements: [PanelJSON] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            place += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            if try !continues(until: UInt8(ascii: "]")) { return elements }
        }
    }

    /// Whether a comma follows (true) or the end (false).
    private mutating func continues(until end: UInt8) throws(PanelJSON.SyntaxError) -> Bool {
        skipSpace()
        defer { place += 1 }
        switch current {
        case UInt8(ascii: ","): return true
        case end: return false
        default: throw PanelJSON.SyntaxError()
        }
    }

    private mutating func number() throws(PanelJSON.SyntaxError) -> PanelJSON {
        let start = place
        while let byte = current, Self.numberBytes.contains(byte) { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if let whole = Int(text) { return .int(whole) }
        guard let fraction = Double(text) else { throw PanelJSON.SyntaxError() }
        return .double(fraction)
    }

    private static let numberBytes = Set("+-0123456789.eE".utf8)

    private mutating func string() throws(PanelJSON.SyntaxError) -> String {
        place += 1
        var output: [UInt8] = []
        while let byte = current {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: output, as: UTF8.self)
            case UInt8(ascii: "\\"): output.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw PanelJSON.SyntaxError()
            default: output.append(byte)
            }
        }
        throw PanelJSON.SyntaxError()
    }

    private mutating func escape() throws(PanelJSON.SyntaxError) -> String {
        guard let byte = current else { throw PanelJSON.SyntaxError() }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return String(decoding: [byte], as: UTF8.self)
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw PanelJSON.SyntaxError()
        }
    }

    private mutating func unicodeEscape() throws(PanelJSON.SyntaxError) -> String {
        var units = [try hexUnit()]
        if UTF16.isLeadSurrogate(units[0]), current == UInt8(ascii: "\\") {
            try expect("\\u")
            units.append(try hexUnit())
        }
        return String(decoding: units, as: UTF16.self)
    }

    private mutating func hexUnit() throws(PanelJSON.SyntaxError) -> UInt16 {
        guard place + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw PanelJSON.SyntaxError() }
        place += 4
        return unit
    }
}
