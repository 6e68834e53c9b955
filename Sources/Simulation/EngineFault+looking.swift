import Foundation
import PterodactylAPI
import Synchronization

/// Mistakes in what the engine makes of the panel's listings.
extension EngineFault {
    /// Reads on, and never takes notice of a server that was not there at first.
    static func seeingNoNewServer() -> @Sendable (PanelRequest, Mutation.Outcome) -> Mutation.Outcome {
        let first = FirstServers()
        return { request, outcome in
            guard request.isListing(of: "servers") else { return outcome }
            return outcome.map { $0.keeping { first.knows($0) } }
        }
    }

    /// Takes an account whose creation brought no answer for one that is not there, whatever the panel says.
    static func retryingWithoutLooking() -> @Sendable (PanelRequest, Mutation.Outcome) -> Mutation.Outcome {
        let unanswered = Unanswered()
        return { request, outcome in
            if request.method == .post, request.target == "/api/application/users" {
                if case .success(let response) = outcome, response.status == 201 { return outcome }
                unanswered.note(request.body ?? [])
            } else if request.isListing(of: "users"), request.target.contains("filter") {
                return outcome.map { $0.keeping { !unanswered.names($0) } }
            }
            return outcome
        }
    }
}

/// The ids of the servers that the first listing held.
private final class FirstServers: Sendable {
    private let ids = Mutex<Set<Int>?>(nil)
    private let candidates = Mutex<Set<Int>>([])

    /// All that is read before the first server twice was there at first.
    func knows(_ attributes: [String: Any]) -> Bool {
        guard let id = attributes["id"] as? Int else { return true }
        return ids.withLock { ids in
            if let ids { return ids.contains(id) }
            return candidates.withLock { candidates in
                if candidates.insert(id).inserted { return true }
                ids = candidates
                return true
            }
        }
    }
}

/// The e-mails of accounts that were asked for, and of which no answer said that they came about.
private final class Unanswered: Sendable {
    private let emails = Mutex<Set<String>>([])

    func note(_ body: [UInt8]) {
        guard let email = (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["email"] as? String
        else { return }
        emails.withLock { _ = $0.insert(email.lowercased()) }
    }

    func names(_ attributes: [String: Any]) -> Bool {
        guard let email = attributes["email"] as? String else { return false }
        return emails.withLock { $0.contains(email.lowercased()) }
    }
}

extension PanelRequest {
    fileprivate func isListing(of things: String) -> Bool {
        let path = "/api/application/\(things)"
        return method == .get && (target == path || target.hasPrefix("\(path)?"))
    }

    /// With something behind the command that nobody foresaw.
    var sayingMoreToConsoles: PanelRequest {
        guard method == .post, target.hasSuffix("/command"), let body else { return self }
        var request = self
        request.body = Array(String(decoding: body, as: UTF8.self).replacing(#""}"#, with: #"; op somebody"}"#).utf8)
        return request
    }
}

extension PanelResponse {
    /// A page of a listing without the entries that do not count; anything else as it is.
    fileprivate func keeping(_ counts: ([String: Any]) -> Bool) -> PanelResponse {
        guard status == 200,
            var json = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any],
            let entries = json["data"] as? [[String: Any]]
        else { return self }
        let kept = entries.filter { ($0["attributes"] as? [String: Any]).map(counts) ?? true }
        guard kept.count < entries.count else { return self }
        json["data"] = kept
        if var meta = json["meta"] as? [String: Any], var pages = meta["pagination"] as? [String: Any] {
            let gone = entries.count - kept.count
            for name in ["total", "count"] { pages[name] = (pages[name] as? Int ?? gone) - gone }
            meta["pagination"] = pages
            json["meta"] = meta
        }
        guard let body = try? JSONSerialization.data(withJSONObject: json) else { return self }
        var response = self
        response.body = Array(body)
        return response
    }
}
