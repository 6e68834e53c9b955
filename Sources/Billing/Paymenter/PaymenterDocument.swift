import Foundation

/// A JSON:API document as Paymenter writes it, before it is put into our words.
struct PaymenterDocument: Decodable {
    var things: [PaymenterResource]
    /// The things that the others name, by type and id.
    var included: [PaymenterReference: PaymenterResource]
    /// Whether there is a page after this one.
    ///
    /// Where it is, we know ourselves: the link forgets what was asked, and leads to whatever
    /// address Paymenter takes for its own.
    var hasNext: Bool

    private enum CodingKeys: String, CodingKey {
        case data, included, links
    }

    private struct Links: Decodable {
        var next: String?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        do {
            things = try container.decode([PaymenterResource].self, forKey: .data)
        } catch DecodingError.typeMismatch(_, let context) where context.codingPath.count == 1 {
            things = [try container.decode(PaymenterResource.self, forKey: .data)]
        }
        let others = try container.decodeIfPresent([PaymenterResource].self, forKey: .included) ?? []
        included = Dictionary(others.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
        hasNext = try container.decodeIfPresent(Links.self, forKey: .links)?.next != nil
    }
}

/// How one thing names another.
struct PaymenterReference: Hashable, Decodable {
    var type: String
    var id: String
}

/// One thing with everything that any of the kinds we read may state.
struct PaymenterResource: Decodable {
    var reference: PaymenterReference
    var attributes: Attributes
    var relationships: [String: Relationship]

    struct Attributes: Decodable {
        var status: String?
        var quantity: Int?
        var expiresAt: String?
        var updatedAt: String?
        var firstName: String?
        var lastName: String?
        var email: String?
        var slug: String?
        var key: String?
        var value: String?
        var referenceType: String?
        var referenceID: Int?

        private enum CodingKeys: String, CodingKey {
            case status, quantity, email, slug, key, value
            case expiresAt = "expires_at"
            case updatedAt = "updated_at"
            case firstName = "first_name"
            case lastName = "last_name"
            case referenceType = "reference_type"
            case referenceID = "reference_id"
        }
    }

    /// What a relationship names: nothing, one thing or several.
    struct Relationship: Decodable {
        var references: [PaymenterReference]

        private enum CodingKeys: CodingKey { case data }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            guard container.contains(.data), try !container.decodeNil(forKey: .data) else {
                references = []
                return
            }
            do {
                references = try container.decode([PaymenterReference].self, forKey: .data)
            } catch DecodingError.typeMismatch {
                references = [try container.decode(PaymenterReference.self, forKey: .data)]
            }
        }
    }

    private enum CodingKeys: CodingKey {
        case id, type, attributes, relationships
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        reference = PaymenterReference(
            type: try container.decode(String.self, forKey: .type),
            id: try container.decode(String.self, forKey: .id)
        )
        attributes = try container.decode(Attributes.self, forKey: .attributes)
        relationships = try container.decodeIfPresent([String: Relationship].self, forKey: .relationships) ?? [:]
    }
}

/// What Paymenter says when it refuses.
struct PaymenterComplaint: Decodable {
    var message: String?
    var error: String?

    /// Its own words, short enough for a sentence; with `APP_DEBUG` a whole trace stands beside them.
    static func read(_ body: [UInt8]) -> PaymenterComplaint? {
        do {
            return try JSONDecoder().decode(PaymenterComplaint.self, from: Data(body))
        } catch {
            return nil
        }
    }

    var text: String? { (message ?? error).map { String($0.prefix(200)) } }
}
