import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// Somebody at the console who has no script: pages, forms, one cookie; redirects are seen, not followed.
struct ConsoleVisitor {
    let port: Int
    var cookie: String?
    var headers: [String: String] = [:]

    // Lives as long as the tests; it is never shut down.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: .init(redirectConfiguration: .disallow)
    )

    init(_ community: Community) {
        self.init(port: community.port)
    }

    init(port: Int) {
        self.port = port
    }

    func get(_ path: String) async throws -> Answer {
        try await send("GET", path, body: nil)
    }

    /// Sends a form; `token` is the form token that a page carries.
    func post(_ path: String, _ fields: [String: String]) async throws -> Answer {
        let body = fields.sorted { $0.key < $1.key }.map { "\(Self.encoded($0))=\(Self.encoded($1))" }
            .joined(separator: "&")
        return try await send("POST", path, body: body)
    }

    /// What the stream of news says, part by part.
    func news() async throws -> some AsyncSequence<String, any Error> {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/live")
        if let cookie { request.headers.add(name: "cookie", value: cookie) }
        return try await Self.client.execute(request, timeout: .seconds(60)).body.map { String(buffer: $0) }
    }

    /// Signs in, and keeps the cookie.
    mutating func signIn(_ token: String = Community.token) async throws -> Answer {
        let answer = try await post("/sign-in", ["token": token])
        if let set = answer.header("set-cookie") { cookie = String(set.prefix { $0 != ";" }) }
        return answer
    }

    /// The token that the forms of a page carry.
    func formToken(on path: String = "/") async throws -> String {
        let page = try await get(path).text
        let found = page.firstMatch(of: /name="form_token" value="([0-9a-f]{64})"/)
        return String(try #require(found, "no form on \(path): \(page)").output.1)
    }

    private func send(_ method: String, _ path: String, body: String?) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method)
        if let cookie { request.headers.add(name: "cookie", value: cookie) }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await Self.client.execute(request, timeout: .seconds(30))
        let buffer = try await response.body.collect(upTo: 4 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: response.headers.map { ($0.name.lowercased(), $0.value) },
            text: String(buffer: buffer)
        )
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
