package import Logging
import ServiceLifecycle
import Synchronization

/// Serves a simulated panel over HTTP.
///
/// It can refuse connections for a while (``stopListening()``, ``startListening()``), on the same port.
package struct PanelSimulatorServer: Service {
    /// What the server is told while it runs.
    private enum Order: Sendable {
        case listen(done: AsyncStream<Void>.Continuation)
        case refuse(done: AsyncStream<Void>.Continuation)
        case fail(any Error)
    }

    /// What the server serves.
    package let panel: SimulatedPanel
    private let host: String
    private let wantedPort: Int
    private let logger: Logger
    private let port = Promise<Int>()
    private let orders = AsyncStream.makeStream(of: Order.self)

    /// Prepares to serve a panel; port 0 takes any free one.
    package init(panel: SimulatedPanel, host: String = "127.0.0.1", port: Int = 0, logger: Logger? = nil) {
        self.panel = panel
        self.host = host
        self.wantedPort = port
        var quiet = Logger(label: "panel-simulator")
        quiet.logLevel = .critical
        self.logger = logger ?? quiet
    }

    /// The port, once the server listens for the first time; throws what kept it from listening.
    package var boundPort: Int {
        get async throws { try await port.value }
    }

    /// The address, once the server listens for the first time; throws what kept it from listening.
    package var url: String {
        get async throws { "http://\(host):\(try await boundPort)" }
    }

    /// Closes the port and all connections, and returns when that is done.
    ///
    /// Callers are refused until ``startListening()``.
    package func stopListening() async { await order { .refuse(done: $0) } }

    /// Opens the same port again, and returns when it is open.
    package func startListening() async { await order { .listen(done: $0) } }

    private func order(_ make: (AsyncStream<Void>.Continuation) -> Order) async {
        let done = AsyncStream.makeStream(of: Void.self)
        guard case .enqueued = orders.continuation.yield(make(done.continuation)) else { return }
        for await _ in done.stream {}
    }

    /// Serves until it is cancelled or shut down gracefully.
    package func run() async throws {
        do {
            try await withThrowingDiscardingTaskGroup { group in
                try await obey(in: &group)
                group.cancelAll()
            }
        } catch {
            port.fail(error)
            throw error
        }
        port.fail(CancellationError())
    }

    private func obey(in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        var listener: Listener? = listen(on: wantedPort, in: &group)
        for await order in orders.stream.cancelOnGracefulShutdown() {
            switch order {
            case .refuse(let done):
                await listener?.stop()
                listener = nil
                done.finish()
            case .listen(let done):
                if listener == nil { listener = listen(on: try await boundPort, in: &group) }
                _ = try await listener?.opened.value
                done.finish()
            case .fail(let error): throw error
            }
        }
        await listener?.stop()
        await dismissOrders()
    }

    /// Lets those go who ask a server that has ended.
    private func dismissOrders() async {
        orders.continuation.finish()
        for await order in orders.stream {
            switch order {
            case .listen(let done), .refuse(let done): done.finish()
            case .fail: continue
            }
        }
    }

    private func listen(on port: Int, in group: inout ThrowingDiscardingTaskGroup<any Error>) -> Listener {
        let listener = Listener(panel: panel, host: host, port: port, logger: logger)
        group.addTask {
            do {
                try await listener.run { self.port.succeed($0) }
            } catch is CancellationError {
                return
            } catch {
                orders.continuation.yield(.fail(error))
            }
        }
        return listener
    }
}
