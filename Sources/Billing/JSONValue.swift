/// A JSON value as it was sent.
enum JSONValue: Hashable {
    case null
    case truth(Bool)
    /// As it was written, since a type chosen here could not hold every number.
    case number(String)
    case text(String)
    case list([JSONValue])
    case object(JSONObject)
}

/// The fields of an object in their order.
struct JSONObject: Hashable {
    struct Field: Hashable {
        var name: String
        var value: JSONValue
    }

    var fields: [Field] = []

    /// The value of a field; of two of one name the first counts.
    ///
    /// Objects have few fields of short names, which are found sooner by looking at each than by hashing.
    subscript(_ name: String) -> JSONValue? {
        fields.first { $0.name == name }?.value
    }
}
