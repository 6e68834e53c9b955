package import Foundation

/// A delivery put together from words: it says exactly what it was told to say, so that the service is the judge of it.
package struct DeliveryDraft: Sendable {
    private var members: [String: JSONFragment]

    package init(event: String) {
        members = ["event": .string(event)]
    }

    /// States a fact; the word `null` clears it, and no word says nothing of it.
    package mutating func state(_ field: String, _ text: String?) {
        guard let text else { return }
        members[field] = text == "null" ? .null : .string(text)
    }

    /// States a number.
    package mutating func state(_ field: String, number: Int64?) {
        guard let number else { return }
        members[field] = .integer(number)
    }

    /// States properties, each as `name=value`; `name=` clears one.
    package mutating func state(properties: [String]) throws {
        guard !properties.isEmpty else { return }
        var stated: [String: JSONFragment] = [:]
        for property in properties {
            guard let sign = property.firstIndex(of: "="), sign != property.startIndex else {
                throw CommandFailure(.usage, "\(property) is no property; write name=value.")
            }
            let value = String(property[property.index(after: sign)...])
            stated[String(property[..<sign])] = value.isEmpty ? .null : .string(value)
        }
        members["properties"] = .object(stated)
    }

    /// The bytes to sign and send.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(members)
    }
}
