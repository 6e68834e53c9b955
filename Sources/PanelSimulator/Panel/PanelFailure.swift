/// Why the panel refuses a request, as its exception handler would show it.
struct PanelFailure: Error {
    /// One entry of the list of errors.
    struct Entry: Sendable {
        var code: String
        var detail: String
        var field: String?
        var rule: String?
    }

    /// What callers get who do not accept JSON.
    enum Fallback: Sendable {
        case page, redirectHome, redirectToSignIn
    }

    var status: Int
    var entries: [Entry]
    var fallback = Fallback.page
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ code: String, _ detail: String, fallback: Fallback = .page) {
        self.status = status
        self.entries = [Entry(code: code, detail: detail)]
        self.fallback = fallback
    }

    init(invalid entries: [Entry]) {
        self.status = 422
        self.entries = entries
        self.fallback = .redirectHome
    }

    func response(to request: PanelRequest, url: String) -> PanelResponse {
        var response: PanelResponse
        if request.expectsJSON {
            response = .json(["errors": .array(entries.map(json))], status: status)
        } else {
            switch fallback {
            case .page: response = .page(status: status, title: Self.titles[status] ?? "Server Error")
            case .redirectHome: response = .redirect(to: url)
            case .redirectToSignIn: response = .redirect(to: url + "/auth/login")
            }
        }
        response.headers += headers
        return response
    }

    private func json(_ entry: Entry) -> PanelJSON {
        let value: PanelJSON = [
            "code": .string(entry.code), "status": .string(String(status)), "detail": .string(entry.detail),
        ]
        guard let field = entry.field, let rule = entry.rule else { return value }
        return value.adding("meta", ["source_field": .string(field), "rule": .string(rule)])
    }

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        409: "Conflict", 429: "Too Many Requests", 500: "Server Error", 502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}

extension PanelFailure {
    static let notFound = PanelFailure(
        404,
        "NotFoundHttpException",
        "The requested resource could not be found on the server."
    )
    static let notOnThisServer = PanelFailure(
        404,
        "NotFoundHttpException",
        "The requested resource does not exist on this server."
    )
    static let unauthenticated = PanelFailure(
        401,
        "AuthenticationException",
        "Unauthenticated.",
        fallback: .redirectToSignIn
    )
    static let unauthorized = PanelFailure(403, "AccessDeniedHttpException", "This action is unauthorized.")
    static let malformed = PanelFailure(
        400,
        "BadRequestHttpException",
        "The JSON data passed in the request appears to be malformed: Syntax error"
    )
    static let tooManyRequests = PanelFailure(429, "ThrottleRequestsException", "Too Many Attempts.")

    /// An exception of which the panel tells nothing but its class.
    static func unexpected(_ code: String) -> PanelFailure {
        PanelFailure(
            500,
            code,
            "An unexpected error was encountered while processing this request, please try again."
        )
    }

    static func noRoute(_ path: String) -> PanelFailure {
        PanelFailure(404, "NotFoundHttpException", "The route \(path.drop { $0 == "/" }) could not be found.")
    }

    static func wrongMethod(_ method: String, _ path: String, allowed: [String]) -> PanelFailure {
        PanelFailure(
            405,
            "MethodNotAllowedHttpException",
            "The \(method) method is not supported for route \(path.drop { $0 == "/" }). "
                + "Supported methods: \(allowed.joined(separator: ", "))."
        )
    }

    static func display(_ code: String = "DisplayException", _ detail: String) -> PanelFailure {
        PanelFailure(400, code, detail, fallback: .redirectHome)
    }

    static func conflict(_ detail: String) -> PanelFailure {
        PanelFailure(409, "ServerStateConflictException", detail)
    }

    /// A model that the database layer's own validation refused.
    static func unsaved(_ model: String, id: Int?, field: String, reason: String) -> PanelFailure {
        let errors: PanelJSON = .object([PanelJSON.Member(field, [.string(reason)])])
        let owner = "Pterodactyl\\Models\\\(model)[\(id.map(String.init) ?? "")]"
        return PanelFailure(
            500,
            "DataValidationException",
            "Could not save \(owner): failed to validate data: \(errors.text)"
        )
    }

    static let daemonUnreachable = PanelFailure(
        504,
        "DaemonConnectionException",
        "Could not establish a connection to the machine running this server. Please try again."
    )

    static func daemon(status: Int) -> PanelFailure {
        let none = "00000000-0000-0000-0000-000000000000"
        let detail =
            status < 500
            ? "An error occurred on the remote host: stub failure. (request id: \(none))"
            : "There was an error while communicating with the machine running this server. "
                + "This error has been logged, please try again. (code: \(status)) (request_id: \(none))"
        return PanelFailure(status < 400 ? 502 : status, "DaemonConnectionException", detail)
    }
}
