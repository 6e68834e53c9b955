import Foundation
import PterodactylAPI

/// One exchange with a real panel.
struct Recording: Sendable {
    struct Request: Decodable, Sendable {
        var method: String
        var path: String
        var body: JSONValue?
    }

    struct Response: Decodable, Sendable {
        var status: Int
        var headers: [String: String]
        var body: JSONValue?
    }

    private struct File: Decodable {
        var request: Request
        var response: Response
    }

    var name: String
    var request: Request
    var response: Response

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/panel")

    static func names() throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        return Set(files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) })
    }

    init(_ name: String) throws {
        let data = try Data(contentsOf: Self.folder.appending(path: "\(name).json"))
        let file = try JSONDecoder().decode(File.self, from: data)
        self.name = name
        request = file.request
        response = file.response
    }

    /// The path without its query, with its percent signs resolved.
    var path: String { decoded(request.path.prefix { $0 != "?" }) }

    /// The parts of the path behind `/api/application/` or `/api/client/`.
    var segments: [String] { path.split(separator: "/").dropFirst(2).map(String.init) }

    /// The parameters of the query.
    var query: [String: String] { Self.query(of: request.path) }

    static func query(of target: String) -> [String: String] {
        guard let mark = target.firstIndex(of: "?") else { return [:] }
        var values: [String: String] = [:]
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[decoded(parts[0])] = parts.count > 1 ? decoded(parts[1]) : ""
        }
        return values
    }

    /// The answer as a transport would hand it over.
    func answer() throws -> PanelResponse {
        var bytes: [UInt8] = []
        switch response.body {
        case nil, .null: break
        case .string(let text): bytes = Array(text.utf8)
        case .some(let json): bytes = try json.bytes
        }
        return PanelResponse(
            status: response.status,
            headers: response.headers.map { PanelHeader($0.key, $0.value) },
            body: bytes
        )
    }
}

private func decoded(_ text: some StringProtocol) -> String {
    text.removingPercentEncoding ?? String(text)
}
