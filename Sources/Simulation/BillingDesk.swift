import Billing
import Entitlements
import Foundation
import Oracle

/// The billing system of a story, as it speaks to us: signed deliveries in the contract's own JSON, written without our encoder.
enum BillingDesk {
    static let secret: WebhookSecret = {
        do {
            return try WebhookSecret(
                "whsec_\(Data("a secret that only the simulation knows".utf8).base64EncodedString())"
            )
        } catch {
            preconditionFailure("the simulation's secret is none: \(error)")
        }
    }()

    static let decoder: DeliveryDecoder = {
        guard let calendar = BillingCalendar(identifier: "UTC") else { preconditionFailure("there is no UTC") }
        return DeliveryDecoder(calendar: calendar)
    }()

    static func id(of telling: Telling) -> String {
        "msg-\(telling.subscription)-\(telling.revision)"
    }

    static func sign(_ telling: Telling, of person: Story.Person, at moment: Moment) -> SignedDelivery {
        let body = Data(json(telling, of: person).utf8)
        let headers = StandardWebhooks.headers(
            id: id(of: telling),
            at: Timestamp(milliseconds: moment.milliseconds),
            body: body,
            secret: secret
        )
        return SignedDelivery(headers: headers, body: body)
    }

    private static func json(_ telling: Telling, of person: Story.Person) -> String {
        var fields = [
            #""event":"\#(telling.kind.rawValue)""#,
            #""subscription_id":"s\#(telling.subscription)""#,
            #""customer_id":"\#(World.customerID(person.number))""#,
            #""customer_email":"\#(person.email)""#,
            #""customer_name":"\#(person.name)""#,
            #""product_id":"\#(telling.product)""#,
            #""status":"\#(telling.status.rawValue)""#,
            #""occurred_at":"\#(text(telling.at))""#,
            #""revision":\#(telling.revision)"#,
        ]
        if let paid = text(telling.paidThrough) { fields.append(#""paid_through":\#(paid)"#) }
        if let end = text(telling.endsAt) { fields.append(#""ends_at":\#(end)"#) }
        if telling.isByHand { fields.append(#""reason":"manual""#) }
        return "{\(fields.joined(separator: ","))}"
    }

    private static func text(_ date: Telling.Date) -> String? {
        switch date {
        case .unsaid: nil
        case .none: "null"
        case .on(let moment): #""\#(text(moment))""#
        }
    }

    private static func text(_ moment: Moment) -> String {
        Date(timeIntervalSince1970: Double(moment.milliseconds / 1000)).formatted(.iso8601)
    }
}

/// A delivery as it arrives.
struct SignedDelivery: Sendable {
    var headers: [WebhookHeader: String]
    var body: Data
}
