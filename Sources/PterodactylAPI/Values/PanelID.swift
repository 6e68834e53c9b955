/// The number by which the panel's application API knows a thing of one kind.
public struct PanelID<Thing>: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let number: Int

    public init(_ number: Int) {
        self.number = number
    }

    public init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    public var description: String { String(number) }

    public static func < (left: Self, right: Self) -> Bool {
        left.number < right.number
    }
}

extension PanelID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) {
        self.init(value)
    }
}

extension PanelUser {
    public typealias ID = PanelID<PanelUser>
}

extension Server {
    public typealias ID = PanelID<Server>
}

extension Node {
    public typealias ID = PanelID<Node>
}

extension Location {
    public typealias ID = PanelID<Location>
}

extension Nest {
    public typealias ID = PanelID<Nest>
}

extension Egg {
    public typealias ID = PanelID<Egg>
}

extension Allocation {
    public typealias ID = PanelID<Allocation>
}
