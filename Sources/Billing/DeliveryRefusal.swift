/// Why a correctly signed body is no delivery of the contract: the field and what it should have been.
///
/// It never repeats a value, since values are the customers' own words.
package struct DeliveryRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// A path as in `subscriptions[3].paid_through`; `body` for the whole.
    package var field: String
    package var expected: String

    package init(field: String, expected: String) {
        self.field = field
        self.expected = expected
    }

    package var description: String { "\(field): expected \(expected)" }

    static func body(_ expected: String) -> DeliveryRefusal {
        DeliveryRefusal(field: "body", expected: expected)
    }
}
