/// One thing as the panel wraps it: `{"object": …, "attributes": {…}}`.
struct Item<Attributes: Decodable>: Decodable {
    var attributes: Attributes
}

/// A list as the panel wraps it, with its counters where it comes in pages.
struct ItemList<Attributes: Decodable>: Decodable {
    var data: [Item<Attributes>]
    var meta: Meta?

    struct Meta: Decodable {
        var pagination: Pagination?
    }
}

/// The counters of a listing; its links are not read, because they forget the page size and the filters (recording `app-users-list-page`).
struct Pagination: Decodable, Hashable {
    var total: Int
    var count: Int
    var perPage: Int
    var currentPage: Int
    var totalPages: Int

    private enum CodingKeys: String, CodingKey {
        case total, count
        case perPage = "per_page"
        case currentPage = "current_page"
        case totalPages = "total_pages"
    }
}

/// The things that came with another; a key that may not see one gets a `null_resource` in its place.
struct Relationships<Key: CodingKey> {
    let values: KeyedDecodingContainer<Key>

    private struct Wrapped<Attributes: Decodable>: Decodable {
        var attributes: Attributes?
    }

    private struct WrappedList<Attributes: Decodable>: Decodable {
        var data: [Item<Attributes>]?
    }

    func item<Attributes: Decodable>(_ type: Attributes.Type, at key: Key) throws -> Attributes? {
        try values.decodeIfPresent(Wrapped<Attributes>.self, forKey: key)?.attributes
    }

    func list<Attributes: Decodable>(of type: Attributes.Type, at key: Key) throws -> [Attributes]? {
        try values.decodeIfPresent(WrappedList<Attributes>.self, forKey: key)?.data?.map(\.attributes)
    }
}

extension KeyedDecodingContainer {
    /// The container of what came with a thing, or nil if nothing did (PHP writes an empty one as `[]`).
    func related<Inner: CodingKey>(keyedBy type: Inner.Type, in key: Key) throws -> Relationships<Inner>? {
        guard contains(key), let values = try? nestedContainer(keyedBy: type, forKey: key) else { return nil }
        return Relationships(values: values)
    }
}
