/// A JSON value whose objects keep the order of their members.
///
/// The panel's PHP keeps that order too, and some of its answers depend on it (a permission list with holes becomes an object).
package indirect enum PanelJSON: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([PanelJSON])
    case object([Member])

    /// One member of an object.
    package struct Member: Sendable {
        /// The member's name.
        package var key: String
        /// The member's value.
        package var value: PanelJSON

        /// Names a value.
        package init(_ key: String, _ value: PanelJSON) {
            self.key = key
            self.value = value
        }
    }
}

extension PanelJSON {
    /// The member of that name, or nil where this is no object or has none.
    package subscript(_ key: String) -> PanelJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The element at that place, or nil where there is none.
    package subscript(_ index: Int) -> PanelJSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The text, where this is a string.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, where this is an integer.
    package var int: Int? {
        if case .int(let number) = self { number } else { nil }
    }

    /// The truth value, where this is one.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, where this is an array.
    package var array: [PanelJSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members, where this is an object.
    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Whether this is null.
    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// This object with one member more at its end (anything else is returned as it is).
    func adding(_ key: String, _ value: PanelJSON) -> PanelJSON {
        guard case .object(let members) = self else { return self }
        return .object(members + [Member(key, value)])
    }

    /// A string or null.
    static func optional(_ text: String?) -> PanelJSON {
        text.map(PanelJSON.string) ?? .null
    }

    /// An integer or null.
    static func optional(_ number: Int?) -> PanelJSON {
        number.map(PanelJSON.int) ?? .null
    }
}

extension PanelJSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    /// Writes an object as a literal.
    package init(dictionaryLiteral elements: (String, PanelJSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }

    /// Writes an array as a literal.
    package init(arrayLiteral elements: PanelJSON...) {
        self = .array(elements)
    }

    /// Writes a string as a literal.
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    /// Writes an integer as a literal.
    package init(integerLiteral value: Int) {
        self = .int(value)
    }

    /// Writes a truth value as a literal.
    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// Writes null as a literal.
    package init(nilLiteral: ()) {
        self = .null
    }

    /// Writes a fraction as a literal.
    package init(floatLiteral value: Double) {
        self = .double(value)
    }
}
