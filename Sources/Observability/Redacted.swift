/// A secret that shows itself only to who asks for it by name.
///
/// It cannot be printed, dumped, mirrored, interpolated, logged or encoded: each of these yields `<redacted>`. Only `reveal()` gives the value.
package struct Redacted<Value: Sendable>: Sendable {
    private let value: Value

    package init(_ value: Value) {
        self.value = value
    }

    /// The secret itself; to be called where it is used and nowhere else.
    package func reveal() -> Value {
        value
    }

    private static var placeholder: String { "<redacted>" }
}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { Self.placeholder }
    package var debugDescription: String { Self.placeholder }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: [Self.placeholder]) }
}

extension Redacted: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Self.placeholder)
    }
}

extension Redacted: Equatable where Value: ConstantTimeEquatable {
    /// Takes a time that depends on the lengths alone, so that a guess learns nothing from how long it took.
    package static func == (left: Self, right: Self) -> Bool {
        left.value.equalsInConstantTime(right.value)
    }
}

/// A value whose comparison tells nothing by its time.
package protocol ConstantTimeEquatable {
    func equalsInConstantTime(_ other: Self) -> Bool
}

extension String: ConstantTimeEquatable {
    package func equalsInConstantTime(_ other: String) -> Bool {
        Array(utf8).equalsInConstantTime(Array(other.utf8))
    }
}

extension Array: ConstantTimeEquatable where Element == UInt8 {
    package func equalsInConstantTime(_ other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in indices {
            difference |= self[index] ^ other[index]
        }
        return difference == 0
    }
}
