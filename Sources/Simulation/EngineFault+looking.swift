import Foundation
import PterodactylAPI
import Synchronization

/// Mistakes in what the engine makes of the panel's listings, and in what it says to consoles.
extension EngineFault {
    /// Reads on, and never takes notice of a server that was not there at first.
    static func seeingNoNewServer() -> @Sendable (PanelRequest, Mutation.Outcome) -> Mutation.Outcome {
        let first = FirstServers()
        return { request, outcome in
            guard request.isListing(of: "servers") else { return outcome }
            return outcome.map { $0.keeping { first.knows($0) } }
        }
    }

    /// Takes for not made what it asked for without an answer, and asks for it again as for another.
    static func retryWithoutLooking(_ mutation: inout Mutation) {
        let asked = AskedServers()
        mutation.request = { $0.askingForAnother(than: asked) }
        mutation.answer = { request, outcome in
            let looks = request.method == .get && request.target.hasPrefix("/api/application/servers/external/")
            return looks ? .success(.noSuchThing) : outcome
        }
    }
}

/// How often each server was asked for, by the external id that it was to have.
private final class AskedServers: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func ask(for externalID: String) -> Int {
        counts.withLock { counts in
            counts[externalID, default: 0] += 1
            return counts[externalID] ?? 1
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

extension PanelRequest {
    fileprivate func isListing(of things: String) -> Bool {
        let path = "/api/application/\(things)"
        return method == .get && (target == path || target.hasPrefix("\(path)?"))
    }

    /// Under an external id of its own wherever one was asked for under this before.
    fileprivate func askingForAnother(than asked: AskedServers) -> PanelRequest {
        guard method == .post, target == "/api/application/servers", let body,
            var json = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any],
            let externalID = json["external_id"] as? String
        else { return self }
        let count = asked.ask(for: externalID)
        guard count > 1 else { return self }
        json["external_id"] = "\(externalID):\(count)"
        guard let again = try? JSONSerialization.data(withJSONObject: json) else { return self }
        var request = self
        request.body = Array(again)
        return request
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
