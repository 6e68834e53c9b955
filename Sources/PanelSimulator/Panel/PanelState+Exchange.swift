extension PanelState {
    /// Takes a request in: routing, key, limits, rights, validation and what it reads.
    mutating func begin(_ request: PanelRequest, now: Double) -> Exchange {
        nextExchangeID += 1
        var exchange = Exchange(
            id: nextExchangeID,
            request: request,
            route: nil,
            limitHeaders: [],
            stage: .finished(.noContent)
        )
        do {
            let call = try admit(request, exchange: &exchange, now: now)
            exchange.stage = .open(call, try prepare(call))
        } catch {
            exchange.stage = .finished(error.response(to: request, url: url(of: request)))
        }
        return exchange
    }

    /// Does what an exchange has still to do and answers it.
    mutating func commit(_ exchange: Exchange, now: Double) -> PanelResponse {
        var response: PanelResponse
        switch exchange.stage {
        case .finished(let answer): response = answer
        case .open(var call, let pending):
            call.now = Int(now)
            do {
                response = try perform(call, pending)
            } catch {
                response = error.response(to: exchange.request, url: url(of: exchange.request))
            }
        }
        response.headers += exchange.limitHeaders
        if exchange.request.method == "HEAD" { response.body = [] }
        return response
    }

    /// The address under which the caller knows the panel.
    func url(of request: PanelRequest) -> String {
        request.header("Host").map { "http://\($0)" } ?? world.url
    }

    private mutating func admit(
        _ request: PanelRequest,
        exchange: inout Exchange,
        now: Double
    ) throws(PanelFailure) -> Call {
        let (route, parameters) = try Route.find(request)
        exchange.route = route
        guard let token = request.token, let key = keys[token], let user = users[key.userID] else {
            throw .unauthenticated
        }
        let input = try request.input()
        if route.side == .client, key.kind != .client {
            throw PanelFailure(
                403,
                "AccessDeniedHttpException",
                "You are attempting to use an application API key on an endpoint that requires a client API key."
            )
        }
        if let allowed = key.allowedIP, allowed != "127.0.0.1" {
            throw PanelFailure(
                403,
                "AccessDeniedHttpException",
                "This IP address (127.0.0.1) does not have permission to access the API using these credentials."
            )
        }
        let call = Call(
            exchange: exchange.id,
            request: request,
            route: route,
            parameters: parameters,
            user: user,
            key: key,
            input: input,
            now: Int(now)
        )
        if route.side == .client { try bindClientParameters(call) }
        try countCall(call, exchange: &exchange, now: now)
        if route.side == .application {
            guard user.isRootAdmin else {
                throw PanelFailure(
                    403,
                    "AccessDeniedHttpException",
                    "This account does not have permission to access the API."
                )
            }
            guard call.isAllowedByKey else { throw .unauthorized }
        }
        return call
    }

    private mutating func countCall(_ call: Call, exchange: inout Exchange, now: Double) throws(PanelFailure) {
        let side = call.route.side
        guard let limit = side == .application ? world.applicationLimit : world.clientLimit else { return }
        let verdict = limiter.count(
            side,
            user: call.user.id,
            limit: limit,
            length: world.limitWindow.asSeconds,
            now: now
        )
        exchange.limitHeaders = verdict.headers.map { (name: $0.0, value: $0.1) }
        if !verdict.isAllowed { throw .tooManyRequests }
    }

    /// Fixes what a race can turn on; everything else is done when the exchange commits.
    private mutating func prepare(_ call: Call) throws(PanelFailure) -> PendingWrite {
        switch call.route.endpoint {
        case .createUser: try prepareUser(call)
        case .createServer: try prepareServer(call)
        case .createSubuser: try prepareSubuser(call)
        case .deleteSubuser: try prepareSubuserRemoval(call)
        default: .everything
        }
    }

    private mutating func perform(_ call: Call, _ pending: PendingWrite) throws(PanelFailure) -> PanelResponse {
        switch pending {
        case .createUser(let user, let hasPassword): return try createUser(user, hasPassword: hasPassword, call)
        case .createServer(let server, let extra, let starts):
            return try createServer(server, extra: extra, starts: starts, call)
        case .createSubuser(let server, let user, let email, let permissions):
            return try createSubuser(server: server, user: user, email: email, permissions, call)
        case .deleteSubuser(let row, let server, let user):
            return try deleteSubuser(row, server: server, user: user)
        case .everything:
            switch call.route.side {
            case .application: return try performApplication(call)
            case .client: return try performClient(call)
            }
        }
    }
}

extension Duration {
    /// The length in seconds.
    var asSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
