/// What Foundation's JSON decoder would let pass and the contract does not, found in one pass over the bytes.
///
/// The decoder accepts UTF-16, a byte order mark, trailing commas and control characters in strings, does not look at the bytes of
/// fields that nobody asks for, and its own bound of nesting is far deeper than we want on a server's stack. (A malformed number or
/// escape in a field that nobody asks for still passes: the decoder looks at values only when asked for them.)
enum JSONGuard {
    static let maximumDepth = 32

    static func check(_ bytes: UnsafeRawBufferPointer) throws(DeliveryRefusal) {
        let object = DeliveryRefusal.body("a JSON object in UTF-8")
        guard bytes.first(where: { !isWhitespace($0) }) == UInt8(ascii: "{") else { throw object }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw object }
        var scan = Scan()
        for byte in bytes {
            guard scan.accepts(byte) else { throw object }
            guard scan.depth <= maximumDepth else {
                throw .body("at most \(maximumDepth) levels of nesting")
            }
        }
    }

    fileprivate static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private struct Scan {
        var depth = 0
        private var isInString = false
        private var isEscaped = false
        private var follows: UInt8 = 0

        mutating func accepts(_ byte: UInt8) -> Bool {
            isInString ? acceptsInString(byte) : acceptsOutside(byte)
        }

        private mutating func acceptsInString(_ byte: UInt8) -> Bool {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return byte >= 0x20
        }

        private mutating func acceptsOutside(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "\""):
                isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if follows == UInt8(ascii: ",") { return false }
            case 0x20, 0x0A, 0x0D, 0x09:
                return true
            default:
                break
            }
            follows = byte
            return byte >= 0x20
        }
    }
}
