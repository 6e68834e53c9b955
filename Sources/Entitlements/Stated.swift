/// What an event says of one fact.
///
/// A missing key says nothing, `null` clears, a value sets.
package enum Stated<Value> {
    case unstated
    case cleared
    case value(Value)

    /// The value if one was stated.
    package var value: Value? {
        switch self {
        case .value(let value): value
        case .unstated, .cleared: nil
        }
    }

    package var isStated: Bool {
        switch self {
        case .unstated: false
        case .cleared, .value: true
        }
    }

    package func map<Other, Failure>(_ transform: (Value) throws(Failure) -> Other) throws(Failure) -> Stated<Other> {
        switch self {
        case .unstated: .unstated
        case .cleared: .cleared
        case .value(let value): .value(try transform(value))
        }
    }

    /// Writes what is stated over `fact`.
    package func apply(to fact: inout Value?) {
        switch self {
        case .unstated: break
        case .cleared: fact = nil
        case .value(let value): fact = value
        }
    }
}

extension Stated: Sendable where Value: Sendable {}
extension Stated: Equatable where Value: Equatable {}
extension Stated: Hashable where Value: Hashable {}

extension KeyedDecodingContainer {
    package func stated<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Stated<Value> {
        guard contains(key) else { return .unstated }
        return try decodeNil(forKey: key) ? .cleared : .value(decode(type, forKey: key))
    }
}

extension KeyedEncodingContainer {
    package mutating func encode<Value: Encodable>(_ stated: Stated<Value>, forKey key: Key) throws {
        switch stated {
        case .unstated: break
        case .cleared: try encodeNil(forKey: key)
        case .value(let value): try encode(value, forKey: key)
        }
    }
}
