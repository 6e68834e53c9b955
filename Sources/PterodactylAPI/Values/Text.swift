/// The text with the letters A to Z in lower case and every other byte as it was.
///
/// This is all the folding that identities bear: full Unicode folding depends on language and version, and would call different mailboxes
/// one.
func asciiFolded(_ text: String) -> String {
    String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
}

/// Whether two texts are the same bytes but for the case of ASCII letters.
func sameFolded(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && asciiFolded(left).utf8.elementsEqual(asciiFolded(right).utf8)
}

/// Whether two texts are the same bytes; `==` on strings calls canonically equivalent ones equal.
func sameBytes(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

/// The text as it may stand in a path segment or a query value: everything but RFC 3986's unreserved characters as `%XX`.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        if isUnreserved(byte) {
            bytes.append(byte)
        } else {
            bytes.append(0x25)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
}
