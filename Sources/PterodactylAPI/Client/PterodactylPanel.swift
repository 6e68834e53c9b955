public import Logging
import Synchronization

/// One panel, reached with an application key and a client key.
///
/// Every call waits for its turn within the rate budget of its API, is sent once, and either returns what the panel holds or throws a
/// ``PanelError``; a task that is cancelled before its request was sent gets a `CancellationError`. Nothing is tried again by itself: whether
/// that is safe depends on ``PanelError/effectUnknown``, and what to look at first, on the caller.
public final class PterodactylPanel: Sendable {
    /// How the client goes about its calls.
    public struct Options: Sendable {
        /// How long one exchange may take; the panel itself waits up to 15 seconds for a node.
        public var timeout: Duration = .seconds(20)
        /// Bytes of a page of several things: more is asked for in smaller pages, so that no answer takes much memory.
        public var maximumPageSize = 2 << 20
        /// Bytes of an answer that lists things and cannot be made smaller, and of any other.
        public var maximumListSize = 8 << 20
        public var maximumBodySize = 1 << 20
        public var userAgent = "PterodactylAPI (Swift)"
        public var applicationBudget = RateBudget.Settings(limit: 240)
        public var clientBudget = RateBudget.Settings(limit: 720)
        public var clock = PanelClock.system
        /// Gets one line a call, at debug level.
        public var logger = Logger(label: "pterodactyl", factory: { _ in SwiftLogNoOpLogHandler() })

        public init() {}

        /// The part of both rate limits that is ours; the rest is left to the other tools of the same user.
        public var budgetShare: Double {
            get { applicationBudget.share }
            set {
                applicationBudget.share = newValue
                clientBudget.share = newValue
            }
        }
    }

    /// How much the calls of the current task matter when not all can be sent at once.
    @TaskLocal public static var priority: RequestPriority = .change

    /// Takes the place of ``priority`` where others may come to wait for what the current task does.
    @TaskLocal public static var urgency: Urgency?

    public let url: PanelURL
    let options: Options
    private let applicationKey: PanelKey
    private let clientKey: PanelKey
    private let transport: PanelTransport
    private let applicationLimiter: RateLimiter
    private let clientLimiter: RateLimiter
    private let reading = Mutex<PanelClockReading?>(nil)

    public init(
        url: PanelURL,
        applicationKey: PanelKey,
        clientKey: PanelKey,
        transport: PanelTransport,
        options: Options = Options()
    ) {
        self.url = url
        self.options = options
        self.applicationKey = applicationKey
        self.clientKey = clientKey
        self.transport = transport
        applicationLimiter = RateLimiter(options.applicationBudget, clock: options.clock)
        clientLimiter = RateLimiter(options.clientBudget, clock: options.clock)
    }

    /// The panel's clock as its latest answer told it, beside ours.
    public var clockReading: PanelClockReading? {
        reading.withLock { $0 }
    }

    /// Where the budget of one API stands.
    public func budget(_ api: PanelAPI) -> BudgetStatus {
        limiter(api).status
    }

    /// Sends one call and returns the panel's answer if it is a success.
    func perform(_ call: Call) async throws -> PanelResponse {
        let limiter = limiter(call.api)
        let permit = try await permit(for: call, from: limiter)
        guard !Task.isCancelled else {
            limiter.unused(permit)
            throw CancellationError()
        }
        let response: PanelResponse
        do {
            response = try await transport.send(request(for: call))
        } catch {
            limiter.settled(permit, nil)
            throw failure(of: error, in: call)
        }
        limiter.settled(permit, RateBudget.Answer(response))
        noteClock(of: response)
        log(call, response)
        guard (200..<300).contains(response.status) else {
            throw PanelError(request: call.subject, response: response.hiding([applicationKey, clientKey]))
        }
        guard response.body.count <= maximumSize(of: call) else {
            throw PanelError(request: call.subject, status: response.status, kind: .bodyTooLarge)
        }
        return response
    }

    private func permit(for call: Call, from limiter: RateLimiter) async throws -> RateBudget.Permit {
        do {
            guard let urgency = Self.urgency else { return try await limiter.permit(Self.priority) }
            return try await limiter.permit(urgency)
        } catch is RateLimiter.Overloaded {
            throw PanelError(request: call.subject, kind: .overloaded)
        }
    }

    private func request(for call: Call) -> PanelRequest {
        var headers = [
            PanelHeader("Accept", "application/json"),
            PanelHeader("User-Agent", options.userAgent),
        ]
        if call.body != nil { headers.append(PanelHeader("Content-Type", "application/json")) }
        return PanelRequest(
            api: call.api,
            method: call.method,
            url: url.text + call.target,
            target: call.target,
            key: call.api == .application ? applicationKey : clientKey,
            headers: headers,
            body: call.body,
            maximumBodySize: maximumSize(of: call),
            timeout: options.timeout
        )
    }

    private func maximumSize(of call: Call) -> Int {
        switch call.extent {
        case .oneThing: options.maximumBodySize
        case .page: options.maximumPageSize
        case .list: options.maximumListSize
        }
    }

    private func limiter(_ api: PanelAPI) -> RateLimiter {
        switch api {
        case .application: applicationLimiter
        case .client: clientLimiter
        }
    }

    private func failure(of error: any Error, in call: Call) -> PanelError {
        options.logger.debug("panel call failed", metadata: call.metadata(adding: ["error": "\(error)"]))
        return switch error {
        case TransportFailure.unreachable(let why): PanelError(request: call.subject, kind: .unreachable, detail: why)
        case TransportFailure.noAnswer(let why): PanelError(request: call.subject, kind: .noAnswer, detail: why)
        case TransportFailure.bodyTooLarge: PanelError(request: call.subject, kind: .bodyTooLarge)
        case let error as PanelError: error
        case is CancellationError: PanelError(request: call.subject, kind: .cancelled)
        default: PanelError(request: call.subject, kind: .noAnswer, detail: "\(error)")
        }
    }

    private func noteClock(of response: PanelResponse) {
        guard let panel = response.header("date").flatMap(httpDate) else { return }
        let ours = options.clock.sinceEpoch()
        reading.withLock { $0 = PanelClockReading(panel: panel, ours: ours) }
    }

    private func log(_ call: Call, _ response: PanelResponse) {
        options.logger.debug("panel call", metadata: call.metadata(adding: ["http.status": "\(response.status)"]))
    }
}
