import Entitlements
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Provisioning
import ServiceLifecycle
import Synchronization

/// How many pages listen for news now; more than a bound are told to come again later.
final class LiveStreams: Sendable {
    static let most = 32

    private let open = Mutex(0)

    func enter() -> Bool {
        open.withLock { open in
            guard open < Self.most else { return false }
            open += 1
            return true
        }
    }

    func leave() {
        open.withLock { $0 -= 1 }
    }
}

extension Console {
    /// A stream says so often whether something changed.
    private static let pace: Duration = .seconds(1)
    /// A stream ends by itself, and the browser opens the next: no connection outlives its session by more, and none delays a shutdown.
    private static let turns = 25

    /// Server-sent events: `changed` whenever something that pages show has changed.
    func live(_ request: Request) throws -> Response {
        guard streams.enter() else {
            throw Problem(.serviceUnavailable, "Too many pages listen for news.", headers: [.retryAfter: "30"])
        }
        var headers = ConsoleAnswer.guarded
        headers[.contentType] = "text/event-stream"
        let body = ResponseBody { [streams, api] writer in
            defer { streams.leave() }
            let reader = Reader()
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
                var last = try await News(api)
                for _ in 1...Self.turns where !reader.isGone && !Task.isShuttingDownGracefully {
                    try await api.clock.sleep(Self.pace)
                    let now = try await News(api)
                    guard now != last else { continue }
                    last = now
                    try await writer.write(ByteBuffer(string: "event: changed\ndata: \n\n"))
                }
            } onInboundClosed: {
                reader.leave()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// Whether whoever opened a stream still reads it.
    private final class Reader: Sendable {
        private let gone = Atomic(false)

        var isGone: Bool { gone.load(ordering: .relaxed) }

        func leave() {
            gone.store(true, ordering: .relaxed)
        }
    }
}

/// What tells whether pages show something else than a moment ago.
private struct News: Equatable {
    var summary: LedgerSummary
    var newestDelivery: DeliveryNumber?
    var newestOperation: PanelOperation?
    var isPaused: Bool
    var work: [LongWork.Progress]
    var standby: String?
    /// Whether each panel can be worked with, and how often it was read.
    var panels: [PanelName: PanelNews]
    var newestAction: Int64?

    struct PanelNews: Equatable {
        var standstill: String?
        var audits: Int
    }

    init(_ api: AdminAPI) async throws {
        summary = try await api.ledger.summary()
        summary.nextDue = nil
        newestDelivery = try await api.ledger.deliveries(before: nil, state: nil, limit: 1).first?.number
        newestOperation = try await api.ledger.operations(of: nil, state: nil, before: nil, limit: 1).first
        isPaused = api.rules.isPaused
        work = api.work.underWay
        standby = api.rules.standby
        panels = api.panels.mapValues { PanelNews(standstill: $0.circuit.reason, audits: $0.audits) }
        newestAction = try await api.ledger.actions(before: nil, limit: 1).first?.number
    }
}
