/// Who can say something of subscriptions, as the ledger names it with each delivery.
package enum BillingSource {
    /// Paymenter's extension, or whoever signs in its place.
    package static let paymenter = "paymenter"
    /// What Paymenter's API showed to us.
    package static let paymenterAPI = "paymenter-api"
    /// What a person took over at the beginning.
    package static let imported = "import"
    package static let stripe = "stripe"

    /// Those that tell things themselves, as opposed to what we have looked up.
    package static func isToldBySender(_ sources: Set<String>) -> Bool {
        !sources.subtracting([paymenterAPI, imported, stripe]).isEmpty
    }
}
