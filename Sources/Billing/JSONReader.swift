/// Reads a delivery's body, strictly by RFC 8259 and in one pass.
///
/// Foundation's decoder would cost an eighth of what a delivery may cost, and lets pass what the contract does not: UTF-16, a byte order
/// mark, trailing commas, control characters in strings, whatever stands in fields that nobody asks for, and deeper nesting than we want
/// on a server's stack.
struct JSONReader {
    static let maximumDepth = 32

    private static let malformed = DeliveryRefusal.body("a JSON object in UTF-8")

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var depth = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// The fields of the object that the bytes are.
    static func object(in bytes: UnsafeRawBufferPointer) throws(DeliveryRefusal) -> JSONObject {
        var reader = JSONReader(bytes.bindMemory(to: UInt8.self))
        // Checked as a whole: what stands between two quotation marks of valid UTF-8 is valid by itself.
        guard String(validating: reader.bytes, as: UTF8.self) != nil else { throw malformed }
        reader.skipWhitespace()
        guard reader.current == UInt8(ascii: "{") else { throw malformed }
        let object = try reader.object()
        reader.skipWhitespace()
        guard reader.current == nil else { throw malformed }
        return object
    }

    // MARK: - Structure

    private mutating func value() throws(DeliveryRefusal) -> JSONValue {
        switch current {
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .list(try list())
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .truth(true))
        case UInt8(ascii: "f"): return try word("false", .truth(false))
        default: return .number(try number())
        }
    }

    private mutating func object() throws(DeliveryRefusal) -> JSONObject {
        var object = JSONObject()
        try items(until: UInt8(ascii: "}")) { (reader) throws(DeliveryRefusal) in
            guard reader.current == UInt8(ascii: "\"") else { throw Self.malformed }
            let name = try reader.text()
            reader.skipWhitespace()
            guard reader.take(UInt8(ascii: ":")) else { throw Self.malformed }
            reader.skipWhitespace()
            object.fields.append(JSONObject.Field(name: name, value: try reader.value()))
        }
        return object
    }

    private mutating func list() throws(DeliveryRefusal) -> [JSONValue] {
        var values: [JSONValue] = []
        try items(until: UInt8(ascii: "]")) { (reader) throws(DeliveryRefusal) in
            values.append(try reader.value())
        }
        return values
    }

    /// Reads what stands between the bracket at this place and `end`, separated by commas.
    private mutating func items(
        until end: UInt8,
        _ item: (inout JSONReader) throws(DeliveryRefusal) -> Void
    ) throws(DeliveryRefusal) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw .body("at most \(Self.maximumDepth) levels of nesting") }
        place += 1
        skipWhitespace()
        if !take(end) {
            repeat {
                skipWhitespace()
                try item(&self)
                skipWhitespace()
            } while take(UInt8(ascii: ","))
            guard take(end) else { throw Self.malformed }
        }
        depth -= 1
    }

    // MARK: - Words and numbers

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(DeliveryRefusal) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else { throw Self.malformed }
        }
        return value
    }

    private mutating func number() throws(DeliveryRefusal) -> String {
        let start = place
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func digits() throws(DeliveryRefusal) {
        let start = place
        while let byte = current, (0x30...0x39).contains(byte) { place += 1 }
        guard place > start else { throw Self.malformed }
    }

    // MARK: - Texts

    private mutating func text() throws(DeliveryRefusal) -> String {
        place += 1
        let start = place
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<(place - 1)]), as: UTF8.self)
            case UInt8(ascii: "\\"): return try escapedText(from: start)
            case ..<0x20: throw Self.malformed
            default: place += 1
            }
        }
        throw Self.malformed
    }

    private mutating func escapedText(from start: Int) throws(DeliveryRefusal) -> String {
        var text = Array(bytes[start..<place])
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try appendEscaped(to: &text)
            case ..<0x20: throw Self.malformed
            default: text.append(byte)
            }
        }
        throw Self.malformed
    }

    private mutating func appendEscaped(to text: inout [UInt8]) throws(DeliveryRefusal) {
        switch next() {
        case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
        default: throw Self.malformed
        }
    }

    /// The scalar after `\u`; one beyond U+FFFF takes two escapes, and half of one is nothing.
    private mutating func escapedScalar() throws(DeliveryRefusal) -> Unicode.Scalar {
        var code = try codeUnit()
        if (0xD800...0xDBFF).contains(code) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw Self.malformed }
            let low = try codeUnit()
            guard (0xDC00...0xDFFF).contains(low) else { throw Self.malformed }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw Self.malformed }
        return scalar
    }

    private mutating func codeUnit() throws(DeliveryRefusal) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw Self.malformed
            }
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    // MARK: - Bytes

    /// The byte at this place; `nil` at the end.
    private var current: UInt8? {
        place < bytes.count ? bytes[place] : nil
    }

    private mutating func next() -> UInt8? {
        defer { place += 1 }
        return current
    }

    /// Goes past the byte if it is the one at this place.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        place += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }
}
