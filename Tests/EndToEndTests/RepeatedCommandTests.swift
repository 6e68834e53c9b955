import Assembly
import Foundation
import NIOCore
import NIOPosix
import Observability
import Synchronization
import Testing

/// The command line asks again for a change whose answer was lost, under the same key.
@Suite(.timeLimit(.minutes(1)))
struct RepeatedCommandTests {
    @Test func `a change whose connection broke is asked for again under the same key, a question is not`()
        async throws
    {
        try await withFlakyService(losing: 2) { port, requests in
            let address = try AdminClient.Address(url: "http://127.0.0.1:\(port)", token: Redacted(Community.token))
            try await AdminClient.with(address) { client in
                let answer = try await client.post(["pause"])
                #expect(String(decoding: answer, as: UTF8.self) == "{}")
            }
            let keys = requests().map { $0.firstMatch(of: /(?i)idempotency-key: ([0-9a-f-]{36})/)?.output.1 }
            #expect(keys.count == 3)
            #expect(Set(keys).count == 1 && keys.first != .some(nil), "\(requests())")
        }
        try await withFlakyService(losing: 1) { port, requests in
            let address = try AdminClient.Address(url: "http://127.0.0.1:\(port)", token: Redacted(Community.token))
            await #expect(throws: CommandFailure.self) {
                _ = try await AdminClient.with(address) { try await $0.get(["status"]) }
            }
            #expect(requests().count == 1)
            #expect(!requests().joined().lowercased().contains("idempotency-key"))
        }
    }

    private final class Requests: Sendable {
        private let state = Mutex<[String]>([])

        var all: [String] { state.withLock(\.self) }

        /// Returns how many there are with it.
        func add(_ request: String) -> Int {
            state.withLock { requests in
                requests.append(request)
                return requests.count
            }
        }
    }

    /// A service that takes requests, and breaks the first connections instead of answering.
    private func withFlakyService(
        losing count: Int,
        _ body: (Int, () -> [String]) async throws -> Void
    ) async throws {
        let taken = Requests()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await server.executeThenClose { connections in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await connection in connections {
                        try await connection.executeThenClose { inbound, outbound in
                            for try await part in inbound {
                                let number = taken.add(String(buffer: part))
                                guard number > count else { return }
                                let answer =
                                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
                                try await outbound.write(ByteBuffer(string: answer))
                                return
                            }
                        }
                    }
                }
                try await body(server.channel.localAddress?.port ?? 0) { taken.all }
                group.cancelAll()
            }
        }
    }
}
