import PterodactylAPI
import Testing

/// What failures are, and what may be concluded from them.
struct ErrorTests {
    private func error(_ kind: PanelError.Kind, _ method: PanelMethod, status: Int? = nil, code: String? = nil)
        -> PanelError
    {
        PanelError(
            request: .init(api: .application, method: method, path: "/api/application/users"),
            status: status,
            kind: kind,
            code: code
        )
    }

    private static let all: [PanelError.Kind] = [
        .unauthenticated, .keyRefused, .forbidden, .notFound, .noSuchRoute, .invalid([]), .conflict(.suspended),
        .subuserExists, .userIsServerOwner, .refused, .rateLimited(retryAfter: nil), .serverOffline, .daemon,
        .panelFault, .maintenance(retryAfter: nil), .notJSON, .redirected(location: nil), .unreachable, .noAnswer,
        .bodyTooLarge, .undecodable, .nonsense, .cancelled, .overloaded,
    ]

    @Test func `of a read nothing is ever unknown`() {
        for kind in Self.all { #expect(!error(kind, .get, status: 500).effectUnknown, "\(kind)") }
    }

    @Test func `of a write the outcome is unknown where the panel may have worked on it`() {
        let unknown: [PanelError.Kind] = [
            .noAnswer, .cancelled, .bodyTooLarge, .undecodable, .panelFault, .nonsense, .daemon, .notJSON,
            .maintenance(retryAfter: nil),
        ]
        for kind in Self.all {
            #expect(error(kind, .post, status: 502).effectUnknown == unknown.contains(kind), "\(kind)")
        }
    }

    @Test func `the panel's own maintenance and a daemon's own refusal have done nothing`() {
        #expect(!error(.maintenance(retryAfter: nil), .post, status: 503, code: "HttpException").effectUnknown)
        #expect(!error(.daemon, .post, status: 404).effectUnknown)
        #expect(!error(.notJSON, .post, status: 413).effectUnknown)
    }

    @Test func `only what concerns every request is the panel's`() {
        let wide: [PanelError.Kind] = [
            .unauthenticated, .keyRefused, .noSuchRoute, .maintenance(retryAfter: nil), .notJSON,
            .redirected(location: nil), .unreachable, .nonsense,
        ]
        for kind in Self.all { #expect(error(kind, .get).isPanelWide == wide.contains(kind), "\(kind)") }
    }

    @Test func `every failure has a sentence that names the request, and no two kinds have the same`() {
        let sentences = Self.all.map { error($0, .post).description }
        #expect(Set(sentences).count == Self.all.count)
        for sentence in sentences { #expect(sentence.contains("POST /api/application/users")) }
    }

    @Test func `a taken field can be told from other faults`() async throws {
        let recording = try Recording("app-users-create-duplicate-all")
        let client = try TestPanel { _ in try recording.answer() }.client()
        let user = NewUser(externalID: "x", username: "x", email: "x", firstName: "x", lastName: "x")
        let error = await failure { _ = try await client.createUser(user) }
        #expect(error?.isTaken("email") == true && error?.isTaken("external_id") == true)
        #expect(error?.isTaken("first_name") == false)
    }

    @Test(arguments: [
        (404, "NotFoundHttpException", "The requested resource could not be found on the server.", true),
        (404, "NotFoundHttpException", "No query results for model [Pterodactyl\\\\Models\\\\User] 9", true),
        (404, "NotFoundHttpException", "", false),
        (404, "NotFoundHttpException", "The route api/x could not be found.", false),
        (404, "SomethingElse", "The requested resource could not be found on the server.", false),
        (404, "DaemonConnectionException", "The requested resource could not be found on the server.", false),
    ])
    func `only the panel's own words say that a thing is gone`(
        _ status: Int,
        _ code: String,
        _ detail: String,
        _ isGone: Bool
    ) async throws {
        let body = #"{"errors": [{"code": "\#(code)", "status": "404", "detail": "\#(detail)"}]}"#
        let client = try TestPanel { _ in .json(status, body) }.client()
        do {
            let user = try await client.user(id: 9)
            #expect(user == nil && isGone)
        } catch let error as PanelError {
            #expect(!isGone && error.kind != .notFound)
        }
    }

    @Test(arguments: [
        (PanelResponse.html(404), PanelError.Kind.noSuchRoute), (.html(403), .notJSON), (.html(502), .notJSON),
        (.html(504), .notJSON), (.html(200), .notJSON), (.html(503), .maintenance(retryAfter: nil)),
        (.json(404, #"{"message": "no Route matched"}"#), .noSuchRoute), (.json(500, "{}"), .notJSON),
        (.json(404, "not JSON at all"), .noSuchRoute), (.json(200, "{"), .undecodable),
        (.json(200, "{}"), .undecodable),
        (.json(200, #"{"object": "user", "attributes": {"id": "one"}}"#), .undecodable),
        (.html(429, ["Retry-After": "7"]), .rateLimited(retryAfter: .seconds(7))),
        (
            .html(503, ["Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"]),
            .maintenance(retryAfter: .seconds(60))
        ),
        (
            .json(400, #"{"errors": [{"code": "TwoFactorAuthRequiredException", "status": "400", "detail": "x"}]}"#),
            .keyRefused
        ),
    ])
    func `what comes from something else than a panel's calls is told apart`(
        _ answer: PanelResponse,
        _ kind: PanelError.Kind
    ) async throws {
        let client = try TestPanel { _ in answer }.client()
        let error = await failure { _ = try await client.user(id: 9) }
        #expect(error?.kind == kind)
        #expect(error?.status == answer.status)
    }

    @Test func `a page of HTML is no success, not even of a call that returns nothing`() async throws {
        let client = try TestPanel { _ in .html(200) }.client()
        let error = await failure { try await client.deleteUser(id: 9) }
        #expect(error?.kind == .notJSON && error?.effectUnknown == true)
    }

    @Test func `an error says where a shape was wrong, and none of the values`() async throws {
        let answer = #"{"object": "user", "attributes": {"id": "somebody@example.test"}}"#
        let client = try TestPanel { _ in .json(200, answer) }.client()
        let error = await failure { _ = try await client.user(id: 9) }
        #expect(error?.detail == "unexpected value at attributes.id")
    }

    @Test func `a transport that fails in its own way leaves the outcome open`() async throws {
        struct Broken: Error {}
        let client = try TestPanel { _ in throw Broken() }.client()
        let error = await failure { try await client.deleteUser(id: 9) }
        #expect(error?.kind == .noAnswer && error?.effectUnknown == true)
    }
}
