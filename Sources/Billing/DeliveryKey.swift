/// The fields of a delivery, by their names in JSON.
enum DeliveryKey: String, CodingKey {
    case event
    case subscriptionID = "subscription_id"
    case customerID = "customer_id"
    case email = "customer_email"
    case name = "customer_name"
    case product = "product_id"
    case tier, status, quantity, reason, properties
    case occurredAt = "occurred_at"
    case revision
    case paidThrough = "paid_through"
    case endsAt = "ends_at"
    // Of `subscriptions.snapshot` only:
    case generation, page, pages, subscriptions, settings
    // Of `payment.identified` only:
    case payment = "payment_id"
}
