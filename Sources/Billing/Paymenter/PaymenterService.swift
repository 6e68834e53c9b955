package import Entitlements

/// A service (our *subscription*) as the admin API shows it.
///
/// Plan, label, config options, cancellation and the tier of its product are not shown at all (facts: Paymenter 1.5).
package struct PaymenterService: Hashable, Sendable {
    package var id: SubscriptionID
    /// Paymenter's own word: `pending`, `active`, `suspended`, `cancelled`.
    package var status: String
    package var quantity: Int
    /// The start of the day on which it expires, whatever time is stored; `nil` for what was bought once, and before the first payment.
    package var expiryDay: Timestamp?
    /// When the service or its user was last changed, by Paymenter's clock.
    package var changedAt: Timestamp
    package var customerID: String
    package var email: String?
    package var name: String?
    /// Its slug, or its id where it has none: as the extension names it.
    package var product: ProductID?
    package var productNumber: ProductID?
    package var properties: [String: String]

    init(_ resource: PaymenterResource, in document: PaymenterDocument) throws(PaymenterAPIError) {
        let place = "service \(resource.reference.id)"
        guard resource.reference.type == "services" else { throw .unexpected("\(place) is of another type") }
        guard let status = resource.attributes.status, !status.isEmpty else {
            throw .unexpected("\(place) has no status")
        }
        guard let user = document.all("user", of: resource).first else {
            throw .unexpected("\(place) comes without its user")
        }
        let product = document.all("product", of: resource).first
        id = SubscriptionID(resource.reference.id)
        self.status = status
        quantity = resource.attributes.quantity ?? 1
        expiryDay = try Self.moment(resource.attributes.expiresAt, place)
        guard let changedAt = try Self.moment(resource.attributes.updatedAt, place) else {
            throw .unexpected("\(place) does not say when it was changed")
        }
        self.changedAt = max(changedAt, try Self.moment(user.attributes.updatedAt, place) ?? changedAt)
        customerID = user.reference.id
        email = user.attributes.email
        name = [user.attributes.firstName, user.attributes.lastName].compactMap(\.self).filter { !$0.isEmpty }
            .joined(separator: " ")
        productNumber = product.map { ProductID($0.reference.id) }
        self.product = product?.attributes.slug.flatMap { $0.isEmpty ? nil : ProductID($0) } ?? productNumber
        let named = document.all("properties", of: resource).compactMap { property in
            property.attributes.key.map { ($0, property.attributes.value ?? "") }
        }
        properties = Dictionary(named, uniquingKeysWith: { _, last in last })
    }

    private static func moment(_ text: String?, _ place: String) throws(PaymenterAPIError) -> Timestamp? {
        guard let text else { return nil }
        guard case .moment(let moment) = WrittenDate(text) else {
            throw .unexpected("\(place) has a date that is none")
        }
        return moment
    }
}

/// An invoice, as far as it says what was paid with it.
package struct PaymenterInvoice: Hashable, Sendable {
    package var id: String
    package var services: [SubscriptionID]

    init(_ resource: PaymenterResource, in document: PaymenterDocument) throws(PaymenterAPIError) {
        guard resource.reference.type == "invoices" else { throw .unexpected("an invoice is of another type") }
        id = resource.reference.id
        services = document.all("items", of: resource).compactMap { item in
            guard item.attributes.referenceType == "App\\Models\\Service" else { return nil }
            return item.attributes.referenceID.map { SubscriptionID("\($0)") }
        }
    }
}

/// A page of a list.
package struct PaymenterPage<Thing: Sendable>: Sendable {
    package var things: [Thing]
    package var hasNext: Bool
}

extension PaymenterDocument {
    /// The things that a relationship names, as far as they are included.
    func all(_ relationship: String, of resource: PaymenterResource) -> [PaymenterResource] {
        resource.relationships[relationship]?.references.compactMap { included[$0] } ?? []
    }
}
