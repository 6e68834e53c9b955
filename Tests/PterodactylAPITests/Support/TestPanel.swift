import PterodactylAPI
import Synchronization

/// A panel that answers as it is told, and remembers what it was asked.
final class TestPanel: Sendable {
    typealias Answers = @Sendable (PanelRequest) async throws -> PanelResponse

    private let seen = Mutex<[PanelRequest]>([])
    private let answers: Answers

    init(_ answers: @escaping Answers) {
        self.answers = answers
    }

    var requests: [PanelRequest] { seen.withLock { $0 } }

    func client(_ options: PterodactylPanel.Options = .init(), url: String = "https://panel.test") throws
        -> PterodactylPanel
    {
        PterodactylPanel(
            url: try PanelURL(url),
            applicationKey: PanelKey("ptla_secret"),
            clientKey: PanelKey("ptlc_secret"),
            transport: PanelTransport { request in
                self.seen.withLock { $0.append(request) }
                return try await self.answers(request)
            },
            options: options
        )
    }
}

extension PanelResponse {
    static func json(_ status: Int, _ text: String, _ headers: [String: String] = [:]) -> PanelResponse {
        var all = headers.map { PanelHeader($0.key, $0.value) }
        all.append(PanelHeader("Content-Type", "application/json"))
        return PanelResponse(status: status, headers: all, body: Array(text.utf8))
    }

    static func html(_ status: Int, _ headers: [String: String] = [:]) -> PanelResponse {
        var all = headers.map { PanelHeader($0.key, $0.value) }
        all.append(PanelHeader("Content-Type", "text/html; charset=UTF-8"))
        return PanelResponse(status: status, headers: all, body: Array("<html></html>".utf8))
    }

    /// A list of users as the panel shows it.
    static func users(
        _ users: [(id: Int, email: String)],
        page: Int = 1,
        perPage: Int = 100,
        total: Int? = nil,
        pages: Int? = nil
    ) -> PanelResponse {
        let data = users.map { user in
            """
            {"object": "user", "attributes": {"id": \(user.id), "uuid": "u-\(user.id)", "external_id": null,
            "username": "user\(user.id)", "email": "\(user.email.replacing("\\", with: #"\\"#))", "first_name": "A", "last_name": "B",
            "root_admin": false}}
            """
        }
        let all = total ?? users.count
        let meta = """
            {"pagination": {"total": \(all), "count": \(users.count), "per_page": \(perPage),
            "current_page": \(page), "total_pages": \(pages ?? max(1, (all + perPage - 1) / perPage)), "links": {}}}
            """
        return .json(200, #"{"object": "list", "data": [\#(data.joined(separator: ","))], "meta": \#(meta)}"#)
    }
}

/// What a call threw, if it threw a ``PanelError``.
func failure(of call: () async throws -> Void) async -> PanelError? {
    do {
        try await call()
        return nil
    } catch {
        return error as? PanelError
    }
}
