extension Sequence where Element == UInt8 {
    /// Two digits for each byte, in small letters.
    package var hexadecimal: String {
        let alphabet = Array("0123456789abcdef")
        return String(flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] })
    }

    /// So many of the first digits.
    package func hexadecimal(_ digits: Int) -> String {
        String(hexadecimal.prefix(digits))
    }
}
