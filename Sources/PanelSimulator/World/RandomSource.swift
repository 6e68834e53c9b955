/// A small, seeded random generator (SplitMix64): the same seed gives the same run.
package struct RandomSource: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts from a seed.
    package init(seed: UInt64) {
        self.state = seed
    }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to but not including 1.
    mutating func fraction() -> Double {
        Double(next() >> 11) / Double(1 << 53)
    }

    /// A universal id of version 4.
    mutating func uuid() -> String {
        let high = next()
        let low = next()
        let head = Self.hex((high & ~0xF000) | 0x4000)
        let tail = Self.hex((low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000)
        return "\(head.prefix(8))-\(head.dropFirst(8).prefix(4))-\(head.suffix(4))-\(tail.prefix(4))-\(tail.suffix(12))"
    }

    /// So many characters that Laravel's `Str::random` could have made, in lower case.
    mutating func word(length: Int) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<length).map { _ in letters[Int.random(in: letters.indices, using: &self)] })
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
