import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One call of an API, before it has an address and a key.
struct Call: Sendable {
    var api: PanelAPI
    var method: PanelMethod
    var path: String
    var query: [(name: String, value: String)] = []
    var body: [UInt8]?
    var extent = Extent.oneThing

    /// What an answer holds, which says how long it may be.
    enum Extent {
        case oneThing
        /// Several things of many; it can be asked for again in smaller pages.
        case page
        case list
    }

    /// Path and query, with everything in the query encoded but the unreserved characters; the path's variable parts are encoded by `/`.
    var target: String {
        guard !query.isEmpty else { return path }
        let pairs = query.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
        return path + "?" + pairs.joined(separator: "&")
    }

    var subject: PanelError.Request {
        PanelError.Request(api: api, method: method, path: path)
    }

    func metadata(adding more: Logger.Metadata) -> Logger.Metadata {
        more.merging(["http.method": "\(method.rawValue)", "http.path": "\(path)"]) { first, _ in first }
    }

    static func application(_ method: PanelMethod, _ path: String) -> Call {
        Call(api: .application, method: method, path: "/api/application/" + path)
    }

    static func client(_ method: PanelMethod, _ path: String) -> Call {
        Call(api: .client, method: method, path: path.isEmpty ? "/api/client" : "/api/client/" + path)
    }

    func with(_ name: String, _ value: String) -> Call {
        var call = self
        call.query.append((name, value))
        return call
    }

    func listing(_ extent: Extent) -> Call {
        var call = self
        call.extent = extent
        return call
    }

    func including(_ names: [String]) -> Call {
        names.isEmpty ? self : with("include", names.sorted().joined(separator: ","))
    }

    /// The call with a JSON body; what we encode ourselves always can be, so that a failure is a fault of the program.
    func sending(_ value: some Encodable) throws -> Call {
        var call = self
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        call.body = Array(try encoder.encode(value))
        return call
    }
}

extension Call {
    /// One path segment, such that no name of anything can lead the request elsewhere.
    static func segment(_ text: String) -> String {
        switch text {
        case ".": "%2E"
        case "..": "%2E%2E"
        default: percentEncoded(text)
        }
    }
}
