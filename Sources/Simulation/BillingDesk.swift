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

    static let playerProperty = "minecraft_username"

    static let decoder: DeliveryDecoder = {
        guard let calendar = BillingCalendar(identifier: "UTC") else { preconditionFailure("there is no UTC") }
        return DeliveryDecoder(calendar: calendar)
    }()

    static func id(of word: Word) -> String {
        switch word {
        case .telling(let telling): "msg-\(telling.subscription)-\(telling.revision)"
        case .customer(let telling): "customer-\(telling.customer)-\(telling.kind)-\(telling.at.milliseconds)"
        case .list(let list): "list-\(list.number)"
        }
    }

    static func sign(_ body: Data, as id: String, at moment: Moment) -> SignedDelivery {
        let headers = StandardWebhooks.headers(
            id: id,
            at: Timestamp(milliseconds: moment.milliseconds),
            body: body,
            secret: secret
        )
        return SignedDelivery(headers: headers, body: body)
    }

    /// `nil` if it is about nobody in the story.
    static func body(of word: Word, people: [Story.Person]) -> Data? {
        switch word {
        case .telling(let telling):
            guard let fields = fields(of: telling, people: people) else { return nil }
            return object([#""event":"\#(telling.kind.rawValue)""#] + fields)
        case .customer(let telling):
            guard people.contains(where: { $0.number == telling.customer }) else { return nil }
            return object(
                [
                    #""event":"\#(telling.kind.rawValue)""#,
                    #""customer_id":"\#(World.customerID(telling.customer))""#,
                    #""occurred_at":"\#(text(telling.at))""#,
                ] + field("customer_email", telling.email)
            )
        case .list(let list):
            let entries = list.entries.compactMap { fields(of: $0, people: people) }.map {
                "{\($0.joined(separator: ","))}"
            }
            let head = #""event":"subscriptions.snapshot","generation":"g\#(list.number)","page":1,"pages":1"#
            let moment = #""occurred_at":"\#(text(list.at))""#
            return Data(#"{\#(head),\#(moment),"subscriptions":[\#(entries.joined(separator: ","))]}"#.utf8)
        }
    }

    private static func fields(of telling: Telling, people: [Story.Person]) -> [String]? {
        guard let person = people.first(where: { $0.subscriptions.contains(telling.subscription) }) else { return nil }
        var fields = [
            #""subscription_id":"s\#(telling.subscription)""#,
            #""customer_id":"\#(World.customerID(person.number))""#,
            #""customer_name":"\#(person.name)""#,
            #""occurred_at":"\#(text(telling.at))""#,
            #""revision":\#(telling.revision)"#,
        ]
        fields += field("customer_email", telling.email)
        fields += field("product_id", telling.product)
        fields += field("status", telling.status?.rawValue)
        if let paid = text(telling.paidThrough) { fields.append(#""paid_through":\#(paid)"#) }
        if let end = text(telling.endsAt) { fields.append(#""ends_at":\#(end)"#) }
        if let player = telling.player {
            fields.append(#""properties":{"\#(playerProperty)":"\#(player.escaped)"}"#)
        }
        if telling.isByHand { fields.append(#""reason":"manual""#) }
        return fields
    }

    private static func object(_ fields: [String]) -> Data {
        Data("{\(fields.joined(separator: ","))}".utf8)
    }

    private static func field(_ name: String, _ value: String?) -> [String] {
        value.map { [#""\#(name)":"\#($0)""#] } ?? []
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

extension String {
    /// As it stands within a string of JSON.
    fileprivate var escaped: String {
        unicodeScalars.map { scalar in
            switch scalar {
            case "\"": #"\""#
            case "\\": #"\\"#
            case "\n": #"\n"#
            default: String(scalar)
            }
        }.joined()
    }
}
