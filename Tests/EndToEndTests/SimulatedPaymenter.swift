import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Paymenter's admin API over HTTP, with the documents that a real one gives (held to recordings by `PaymenterReadingTests`).
final class SimulatedPaymenter: Sendable {
    struct Service: Sendable {
        var id: Int
        var status = "active"
        var product = "knight"
        var user = 77
        var email = "ada@example.test"
        var expiresAt: String?
        var updatedAt = "2026-11-23T10:38:12.000000Z"
        var properties: [String: String] = [:]
    }

    struct Invoice: Sendable {
        var id: Int
        var services: [Int]
    }

    /// How it answers.
    enum Mood: Sendable {
        case usual
        case json(Int, String)
        case html(Int)
    }

    private struct State {
        var services: [Service] = []
        var invoices: [Invoice] = []
        var mood = Mood.usual
        var refusesInvoices = false
        var failsFromPage: Int?
        var asked: [String] = []
    }

    static let token = "PAYM0123456789abcdef"

    private let state = Mutex(State())

    var services: [Service] {
        get { state.withLock { $0.services } }
        set { state.withLock { $0.services = newValue } }
    }

    var invoices: [Invoice] {
        get { state.withLock { $0.invoices } }
        set { state.withLock { $0.invoices = newValue } }
    }

    var mood: Mood {
        get { state.withLock { $0.mood } }
        set { state.withLock { $0.mood = newValue } }
    }

    /// Whether the API key has no permission for invoices.
    var refusesInvoices: Bool {
        get { state.withLock { $0.refusesInvoices } }
        set { state.withLock { $0.refusesInvoices = newValue } }
    }

    /// Of a list only the pages before this one are answered.
    var failsFromPage: Int? {
        get { state.withLock { $0.failsFromPage } }
        set { state.withLock { $0.failsFromPage = newValue } }
    }

    var asked: [String] { state.withLock { $0.asked } }

    /// Listens while the body runs.
    func serve(_ body: (URL) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Answering { self.answer($0, token: $1) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        do {
            try await body(URL(string: "http://127.0.0.1:\(port)") ?? URL(filePath: "/"))
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    struct Response {
        var status: Int
        var type: String
        var body: Data
    }

    private func answer(_ target: String, token: String?) -> Response {
        let (mood, services, invoices, refuses) = state.withLock { state in
            state.asked.append(target)
            return (state.mood, state.services, state.invoices, state.refusesInvoices)
        }
        switch mood {
        case .json(let status, let text):
            return Response(status: status, type: "application/json", body: Data(text.utf8))
        case .html(let status): return Response(status: status, type: "text/html", body: Data("<html></html>".utf8))
        case .usual: break
        }
        guard token == "Bearer \(Self.token)" else {
            return .json(401, ["message": "The provided API key is invalid or has been disabled."])
        }
        guard let parts = URLComponents(string: target) else { return .json(400, [:]) }
        if refuses, parts.path.contains("/invoices/") {
            return .json(403, ["message": "You do not have permission to access this resource."])
        }
        if let id = parts.path.split(separator: "/").last.flatMap({ Int($0) }) {
            guard parts.path.contains("/invoices/"), let invoice = invoices.first(where: { $0.id == id }) else {
                return .json(404, ["message": "No query results for model"])
            }
            return .json(200, Self.document(of: invoice))
        }
        let query = Dictionary((parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { $1 })
        if let first = failsFromPage, (Int(query["page"] ?? "") ?? 1) >= first { return .json(502, [:]) }
        return .json(200, Self.document(of: services, query))
    }

    /// A page of services; like Paymenter, it finds statuses by a part of the word.
    static func document(of all: [Service], _ query: [String: String]) -> [String: Any] {
        let size = Int(query["per_page"] ?? "") ?? 15
        let page = Int(query["page"] ?? "") ?? 1
        let found = all.filter { query["filter[status]"].map($0.status.contains) ?? true }
            .sorted { $0.updatedAt > $1.updatedAt }
        let shown = found.dropFirst((page - 1) * size).prefix(size)
        let path = "http://127.0.0.1:8095/api/v1/admin/services"
        var links: [String: Any] = ["first": "\(path)?page=1"]
        if page > 1 { links["prev"] = "\(path)?page=\(page - 1)" }
        if found.count > page * size { links["next"] = "\(path)?page=\(page + 1)" }
        return [
            "data": shown.map(resource), "included": shown.flatMap(included), "links": links,
            "meta": ["current_page": page, "per_page": "\(size)", "path": path],
        ]
    }

    private static func resource(_ service: Service) -> [String: Any] {
        [
            "id": "\(service.id)", "type": "services",
            "attributes": [
                "id": service.id, "quantity": 1, "price": "5.00", "status": service.status, "currency_code": "USD",
                "expires_at": service.expiresAt ?? NSNull(), "updated_at": service.updatedAt,
                "created_at": "2026-11-23T10:38:12.000000Z",
            ] as [String: Any],
            "relationships": [
                "user": ["data": ["type": "users", "id": "\(service.user)"]],
                "product": ["data": ["type": "products", "id": productID(service.product)]],
                "properties": [
                    "data": service.properties.keys.sorted().map {
                        ["type": "properties", "id": "\(service.id)-\($0)"]
                    }
                ],
            ] as [String: Any],
        ]
    }

    private static func included(_ service: Service) -> [[String: Any]] {
        let times = ["updated_at": "2026-11-23T10:38:08.000000Z", "created_at": "2026-11-23T10:38:08.000000Z"]
        let user: [String: Any] = [
            "id": "\(service.user)", "type": "users",
            "attributes": [
                "id": service.user, "first_name": "Ada", "last_name": "Lovelace", "email": service.email,
            ].merging(times) { $1 } as [String: Any],
        ]
        let product: [String: Any] = [
            "id": productID(service.product), "type": "products",
            "attributes": ["name": service.product, "slug": service.product].merging(times) { $1 },
        ]
        let properties: [[String: Any]] = service.properties.map { key, value in
            [
                "id": "\(service.id)-\(key)", "type": "properties",
                "attributes": ["name": NSNull(), "key": key, "value": value] as [String: Any],
            ]
        }
        return [user, product] + properties
    }

    private static func productID(_ slug: String) -> String {
        "\(slug.utf8.reduce(0) { ($0 * 31 + Int($1)) % 9973 })"
    }

    private static func document(of invoice: Invoice) -> [String: Any] {
        [
            "data": [
                "id": "\(invoice.id)", "type": "invoices",
                "attributes": ["id": invoice.id, "status": "paid"] as [String: Any],
                "relationships": [
                    "items": [
                        "data": invoice.services.map { ["type": "invoiceItems", "id": "\(invoice.id)-\($0)"] }
                    ]
                ],
            ] as [String: Any],
            "included": invoice.services.map {
                [
                    "id": "\(invoice.id)-\($0)", "type": "invoiceItems",
                    "attributes": [
                        "quantity": 1, "reference_type": "App\\Models\\Service", "reference_id": $0,
                    ] as [String: Any],
                ]
            },
        ]
    }
}

extension SimulatedPaymenter.Response {
    fileprivate static func json(_ status: Int, _ object: [String: Any]) -> Self {
        let body = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
        return Self(status: status, type: "application/vnd.api+json", body: body)
    }
}

/// One connection's answers.
private final class Answering: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: (String, String?) -> SimulatedPaymenter.Response
    private var head: HTTPRequestHead?

    init(_ answer: @escaping (String, String?) -> SimulatedPaymenter.Response) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            let response = answer(head.uri, head.headers.first(name: "Authorization"))
            var headers = HTTPHeaders()
            headers.add(name: "Content-Type", value: response.type)
            headers.add(name: "Content-Length", value: "\(response.body.count)")
            context.write(
                wrapOutboundOut(
                    .head(.init(version: head.version, status: .init(statusCode: response.status), headers: headers))
                ),
                promise: nil
            )
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
