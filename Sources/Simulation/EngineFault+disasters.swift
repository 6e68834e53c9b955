import Entitlements
import Foundation
import Ledger
import Provisioning
import PterodactylAPI
import Synchronization

/// Mistakes that only a disaster brings to light.
extension EngineFault {
    /// Takes whoever has an id for the one who had it first.
    static func takingAnybodyForThoseWhoWere() -> @Sendable (PanelRequest, Mutation.Outcome) -> Mutation.Outcome {
        let first = FirstIdentities()
        return { request, outcome in
            guard request.api == .application, request.method == .get else { return outcome }
            return outcome.map { response in
                guard response.status == 200, let body = first.masking(response.body) else { return response }
                var response = response
                response.body = body
                return response
            }
        }
    }

    /// Takes a subscription for ended whose product the configuration does not know.
    static func endWhatIsSoldNoMore(_ mutation: inout Mutation) {
        let sold = SoldProducts()
        mutation.rules = { rules in
            sold.products.withLock { $0 = Set(rules.catalog.tiers.flatMap(\.products)) }
            return rules
        }
        mutation.file = { file in
            var file = file
            file.record.subscriptions.removeAll { subscription in
                sold.products.withLock { products in subscription.product.map { !products.contains($0) } ?? false }
            }
            return file
        }
    }
}

private final class SoldProducts: Sendable {
    let products = Mutex<Set<ProductID>>([])
}

/// The uuid that each id had when it was first read.
private final class FirstIdentities: Sendable {
    private let known = Mutex<[String: String]>([:])

    /// An answer with those in place of what it says; `nil` where it is none that could be read.
    func masking(_ body: [UInt8]) -> [UInt8]? {
        do {
            guard var json = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return nil }
            if let entries = json["data"] as? [[String: Any]] {
                json["data"] = entries.map(mask)
            } else {
                json = mask(json)
            }
            return Array(try JSONSerialization.data(withJSONObject: json))
        } catch {
            return nil
        }
    }

    private func mask(_ entry: [String: Any]) -> [String: Any] {
        guard let kind = entry["object"] as? String, kind == "user" || kind == "server",
            var attributes = entry["attributes"] as? [String: Any], let id = attributes["id"] as? Int,
            let uuid = attributes["uuid"] as? String
        else { return entry }
        attributes["uuid"] = known.withLock { known in
            let first = known["\(kind) \(id)"] ?? uuid
            known["\(kind) \(id)"] = first
            return first
        }
        var entry = entry
        entry["attributes"] = attributes
        return entry
    }
}

extension PanelRequest {
    /// With other ends of the ranks that it has given in game, in seconds since 1970.
    func sendingRanks(until change: (Int) -> Int) -> PanelRequest {
        guard method == .post, target.hasSuffix("/command"), let body,
            let match = String(decoding: body, as: UTF8.self).wholeMatch(
                of: /(.* parent addtemp [a-z]+ )([0-9]+)( replace.*)/
            ),
            let end = Int(match.2)
        else { return self }
        var request = self
        request.body = Array("\(match.1)\(change(end))\(match.3)".utf8)
        return request
    }
}
