/// What can go wrong with a request.
package enum Fault: Sendable {
    /// The answer comes later; the time lies between what the request reads and what it writes, so races happen in it.
    case latency(Duration)
    /// The request is carried out at once, but its answer comes later.
    case lateAnswer(Duration)
    /// Refused before anything happens.
    case errorBefore(Refusal)
    /// Carried out, but answered as if it had failed.
    case errorAfter(Refusal)
    /// The connection is closed before anything happens.
    case closedBefore
    /// Carried out, but the connection is closed in place of an answer.
    case closedAfter
    /// Waits at a gate between what it reads and what it writes.
    case gate(Gate)

    /// What a failing panel, or the web server before it, answers.
    package enum Refusal: Sendable, Equatable {
        /// An exception of the panel, as JSON (or a page, for callers who do not accept JSON).
        case exception(status: Int = 500, code: String = "QueryException")
        /// PHP is away: nginx answers 502 with its own page, whatever the caller accepts.
        case badGateway
        /// Maintenance mode: 503 with `Retry-After: 60`.
        case maintenance
        /// A page of HTML with that status, whatever the caller accepts, as a proxy or a firewall shows it.
        case page(status: Int)
        /// Too many requests, with `Retry-After` in seconds if given.
        case tooManyRequests(retryAfter: Int?)
        /// The key is not taken.
        case unauthenticated
        /// A whole answer of the test's own.
        case answer(status: Int, contentType: String, body: String)
    }
}

extension Fault.Refusal {
    func response(to request: PanelRequest) -> PanelResponse {
        switch self {
        case .exception(let status, let code):
            var failure = PanelFailure.unexpected(code)
            failure.status = status
            return failure.response(to: request, url: "")
        case .badGateway:
            let page =
                "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
                + "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
            return PanelResponse(
                status: 502,
                headers: [(name: "content-type", value: "text/html")],
                body: Array(page.utf8)
            )
        case .maintenance:
            var failure = PanelFailure(503, "HttpException", "Service Unavailable")
            failure.headers = [(name: "retry-after", value: "60")]
            return failure.response(to: request, url: "")
        case .page(let status): return .page(status: status, title: "Error \(status)")
        case .tooManyRequests(let seconds):
            var failure = PanelFailure.tooManyRequests
            failure.headers = seconds.map { [(name: "retry-after", value: String($0))] } ?? []
            return failure.response(to: request, url: "")
        case .unauthenticated:
            return PanelFailure.unauthenticated.response(to: request, url: "http://\(request.header("Host") ?? "")")
        case .answer(let status, let contentType, let body):
            return PanelResponse(
                status: status,
                headers: [(name: "content-type", value: contentType)],
                body: Array(body.utf8)
            )
        }
    }
}

/// The faults that one request meets, in the order of its life.
struct AppliedFaults: Sendable {
    let request: PanelRequest
    let clockSkew: Duration?
    private(set) var latency: Duration?
    private(set) var lateness: Duration?
    private(set) var early: PanelAnswer?
    private(set) var late: PanelAnswer?
    private(set) var gate: Gate?

    init(request: PanelRequest, clockSkew: Duration?) {
        self.request = request
        self.clockSkew = clockSkew
    }

    mutating func add(_ fault: Fault) {
        switch fault {
        case .latency(let duration): latency = (latency ?? .zero) + duration
        case .lateAnswer(let duration): lateness = (lateness ?? .zero) + duration
        case .errorBefore(let refusal): early = early ?? .response(refusal.response(to: request))
        case .errorAfter(let refusal): late = late ?? .response(refusal.response(to: request))
        case .closedBefore: early = early ?? .closed
        case .closedAfter: late = late ?? .closed
        case .gate(let gate): self.gate = self.gate ?? gate
        }
    }

    /// The answer with the `Date` that the panel's clock shows.
    func stamped(_ answer: PanelAnswer, now: Double) -> PanelAnswer {
        guard case .response(var response) = answer else { return answer }
        let shown = Int(now + (clockSkew ?? .zero).asSeconds)
        response.headers.append((name: "date", value: Stamp.http(shown)))
        return .response(response)
    }
}
