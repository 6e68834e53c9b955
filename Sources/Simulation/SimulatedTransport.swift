import Foundation
import Oracle
import PanelSimulator
import PterodactylAPI

/// The way of one life of the process to the simulated panel and back, through the weather.
struct SimulatedTransport: Sendable {
    let life: Life
    let world: World
    let mutation: Mutation

    var transport: PanelTransport {
        PanelTransport { try await send($0) }
    }

    private func send(_ request: PterodactylAPI.PanelRequest) async throws -> PterodactylAPI.PanelResponse {
        try life.pass()
        let request = mutation.request(request)
        world.requestIsSent(request)
        world.judgeCommand(request)
        let result: Mutation.Outcome =
            if let reply = mutation.reply(request) { .success(reply) } else {
                mutation.answer(request, try await carry(request))
            }
        world.requestIsOver()
        try life.pass()
        return try result.get()
    }

    private func carry(_ request: PterodactylAPI.PanelRequest) async throws
        -> Result<PterodactylAPI.PanelResponse, TransportFailure>
    {
        let mishap = world.drawMishap()
        let line = "\(request.method.rawValue) \(request.target) \(String(decoding: request.body ?? [], as: UTF8.self))"
        world.note("\(line) \(mishap?.rawValue ?? "")")
        await world.time.sleep(
            .milliseconds(world.time.draw { Int.random(in: 4...60, using: &$0) }),
            owner: life.number
        )
        try life.requireAlive()
        switch mishap {
        case nil:
            let response = await answer(request)
            if response.status == 200 { world.wasRead(request) }
            return .success(response)
        case .slow:
            return try await answerLate(request)
        case .failsBefore:
            return .success(await answer(request, .errorBefore(.exception())))
        case .failsAfter:
            return .success(await answer(request, .errorAfter(.exception())))
        case .answerIsLost:
            _ = await answer(request)
            return .failure(.noAnswer("the connection was closed"))
        case .requestIsLost:
            return .failure(.noAnswer("the connection was closed"))
        case .answersWithPage:
            return .success(await answer(request, .errorBefore(.badGateway)))
        case .pageAfterEffect:
            return .success(await answer(request, .errorAfter(.page(status: 504))))
        case .isUnderMaintenance:
            return .success(await answer(request, .errorBefore(.maintenance)))
        case .refusesKey:
            return .success(await answer(request, .errorBefore(.unauthenticated)))
        case .asksToWait:
            let seconds = world.time.draw { [5, 60, 300].randomElement(using: &$0) ?? 5 }
            let response = await answer(request, .errorBefore(.tooManyRequests(retryAfter: seconds)))
            world.askedToWait(request.api, seconds)
            return .success(response)
        case .isUnreachable:
            return .failure(.unreachable("connection refused"))
        }
    }

    /// An answer that takes longer than the client waits, half of the time; what was asked for happens all the same.
    private func answerLate(_ request: PterodactylAPI.PanelRequest) async throws
        -> Result<PterodactylAPI.PanelResponse, TransportFailure>
    {
        let timeout = request.timeout
        let lateness = timeout * world.time.draw { Double.random(in: 0.1...1.9, using: &$0) }
        guard lateness > timeout else {
            await world.time.sleep(lateness, owner: life.number)
            try life.requireAlive()
            return .success(await answer(request))
        }
        // A task of its own: the panel does not stop because nobody waits for it any more.
        Task(executorPreference: world.time) {
            await world.time.sleep(lateness, owner: World.panelsOwn)
            _ = await answer(request)
            world.with { $0.lateRequests -= 1 }
        }
        world.with { $0.lateRequests += 1 }
        await world.time.sleep(timeout, owner: life.number)
        return .failure(.noAnswer("no answer within \(timeout)"))
    }

    private func answer(_ request: PterodactylAPI.PanelRequest, _ fault: Fault? = nil) async
        -> PterodactylAPI.PanelResponse
    {
        let panel = world.answering
        if let fault { panel.faults.add(fault, .next(1)) }
        let answer = await panel.answer(PanelSimulator.PanelRequest(request))
        world.wasAnswered(request)
        guard let response = answer.response else { preconditionFailure("the simulated panel closed the connection") }
        world.note("\(response.status)")
        return PterodactylAPI.PanelResponse(
            status: response.status,
            headers: response.headers.map { PanelHeader($0.name, $0.value) },
            body: response.body
        )
    }
}

extension PanelSimulator.PanelRequest {
    fileprivate init(_ request: PterodactylAPI.PanelRequest) {
        self.init(
            request.method.rawValue,
            request.target,
            headers: request.headers.map { ($0.name, $0.value) }
                + [("Authorization", "Bearer \(request.key.revealed())"), ("Host", "panel.example.test")],
            body: request.body ?? []
        )
    }
}

extension World {
    /// Whose sleep no kill of the service breaks.
    static let panelsOwn = -1

    func requestIsSent(_ request: PterodactylAPI.PanelRequest) {
        let now = time.now
        with { state in
            state.requests += 1
            state.judgeWaiting(request, at: now)
            let side: PanelSide = request.api == .application ? .application : .client
            guard let until = state.leaveAlone[side], now < until else { return }
            state.oracle.fail(
                .panelIsLeftAlone,
                at: now,
                "\(request.method.rawValue) \(request.target) came \(until - now) before the panel would be asked again"
            )
        }
    }

    func requestIsOver() {
        with { $0.requests -= 1 }
    }

    func askedToWait(_ api: PanelAPI, _ seconds: Int) {
        let until = time.now + .seconds(Int64(seconds))
        with { $0.leaveAlone[api == .application ? .application : .client] = until }
    }

    func drawMishap() -> Weather.Mishap? {
        let weather = with { $0.weather }
        guard !weather.isFair else { return nil }
        var place = time.draw { Int.random(in: 0..<1000, using: &$0) }
        for (mishap, perMille) in weather.chances {
            if place < perMille { return mishap }
            place -= perMille
        }
        return nil
    }

    /// Has the oracle judge what a request did, right after it did it.
    func wasAnswered(_ request: PterodactylAPI.PanelRequest) {
        guard request.method.isWrite else { return }
        guard !with({ $0.isMisdirected }) else { return judgeOtherPanel() }
        judgeOwnServers()
        if request.api == .application { judgeAccounts() }
        let parts = request.target.split(separator: "/")
        if request.api == .client, parts.count > 3,
            let server = panel.servers.first(where: { $0.identifier == parts[3] })
        {
            judgeRows(ofServer: server.id)
        } else {
            for server in panel.servers { judgeRows(ofServer: server.id) }
        }
    }
}
