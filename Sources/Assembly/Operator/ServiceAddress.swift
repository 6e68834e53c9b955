import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PterodactylAPI
package import ServiceConfiguration

/// The address of a running service.
package enum ServiceAddress {
    /// The address without a slash at its end; throws where it is none, or where a secret would travel over it in the clear.
    static func checked(_ text: String) throws -> String {
        guard !text.contains("@") else {
            throw CommandFailure(.usage, "The address of the service holds no user name or password.")
        }
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty, url.query == nil,
            url.fragment == nil, let scheme = url.scheme, ["http", "https"].contains(scheme)
        else {
            throw CommandFailure(.usage, "\(text) is no address of a service; write one such as http://127.0.0.1:8750.")
        }
        guard scheme == "https" || isThisMachine(host) else {
            throw CommandFailure(
                .usage,
                "Over http://\(host) the token could be read on its way; use https, or http to this machine."
            )
        }
        var address = text
        while address.hasSuffix("/") { address.removeLast() }
        return address
    }

    /// Where a service with this configuration listens, as seen from its own machine.
    package static func local(_ listen: ServiceConfiguration.Listen) -> String {
        let host =
            switch listen.host {
            case "0.0.0.0", "": "127.0.0.1"
            case "::", "[::]": "[::1]"
            case let host where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
            case let host: host
            }
        return "\(listen.tls == nil ? "http" : "https")://\(host):\(listen.port)"
    }

    static func isThisMachine(_ host: String) -> Bool {
        let bare = host.filter { $0 != "[" && $0 != "]" }
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        return bare == "localhost" || bare == "::1" || (isIPv4 && parts[0] == "127")
    }
}

/// An answer of the service, whole.
struct ServiceAnswer: Sendable {
    var status: Int
    var contentType: String
    var body: Data

    var isJSON: Bool {
        guard contentType.contains("json") else { return false }
        do {
            _ = try JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
            return true
        } catch {
            return false
        }
    }

    private struct Problem: Decodable {
        var detail: String
        var field: String?
    }

    /// Whether the same change is still being made under the same key.
    var isUnderWay: Bool {
        guard status == 409 else { return false }
        do {
            return try JSONDecoder().decode(Problem.self, from: body).field == "Idempotency-Key"
        } catch {
            return false
        }
    }

    /// What the service says is wrong, made harmless, since it may repeat what somebody wrote.
    var problem: String? {
        do {
            return shown(try JSONDecoder().decode(Problem.self, from: body).detail)
        } catch {
            return nil
        }
    }
}

/// Lends a client that follows no redirect, so that no token goes elsewhere, and shuts it down.
func withHTTPClient<Value: Sendable>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout = .init(connect: .seconds(5))
    configuration.connectionPool.retryConnectionEstablishment = false
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(http))
    } catch {
        result = .failure(error)
    }
    try await http.shutdown()
    return try result.get()
}

extension HTTPClient {
    /// Sends once and reads the whole answer; a service that is not there is said to be so.
    func answer(
        to request: HTTPClientRequest,
        from address: String,
        patience: TimeAmount,
        limit: Int
    ) async throws -> ServiceAnswer {
        do {
            let response = try await execute(request, timeout: patience)
            let body = try await response.body.collect(upTo: limit)
            return ServiceAnswer(
                status: Int(response.status.code),
                contentType: response.headers.first(name: "content-type") ?? "",
                body: Data(body.readableBytesView)
            )
        } catch {
            try _Concurrency.Task.checkCancellation()
            var failure = CommandFailure(
                .unreachable,
                "The service cannot be reached at \(address): \(Self.words(for: error)). Is `paydactyl serve` running there?"
            )
            failure.mayHaveArrived = Self.mayHaveArrived(error)
            throw failure
        }
    }

    /// Whether a connection was there and broke; one that never came about carried nothing.
    private static func mayHaveArrived(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError: [ECONNRESET, EPIPE].contains(error.errnoCode)
        case let error as HTTPClientError: error == .remoteConnectionClosed
        default: false
        }
    }

    private static func words(for error: any Error) -> String {
        if let trouble = ConnectionTrouble(error) { return "\(trouble)" }
        return switch error {
        case let error as HTTPClientError where error == .deadlineExceeded: "it does not answer in time"
        case let error as HTTPClientError: error.shortDescription
        default: "\(error)"
        }
    }
}
