import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ServiceConfiguration

/// Looks whether a proxy really ends TLS before the service: by its public address, as billing and people reach it, and without a token.
struct ProxyCheck: Sendable {
    typealias Finding = CheckReport.Finding

    let configuration: ServiceConfiguration
    /// Asks an address; throws where nothing answers.
    var ask: @Sendable (_ url: String) async throws -> ServiceAnswer = { url in
        try await withHTTPClient { http in
            var request = HTTPClientRequest(url: url)
            request.headers.add(name: "Accept", value: "application/json")
            return try await http.answer(to: request, from: url, patience: .seconds(10), limit: 1 << 20)
        }
    }

    private let subject = "https"
    private var proxies: String { configuration.trustedProxies.map(\.description).joined(separator: ", ") }

    init(configuration: ServiceConfiguration) {
        self.configuration = configuration
    }

    func finding() async -> Finding {
        guard let address = configuration.alerts.consoleURL, address.hasPrefix("https://") else {
            return .warn(
                subject,
                "A proxy at \(proxies) is trusted to end TLS, and nothing shows that it does",
                remedy:
                    "Set alerts.console_url to the public https address that leads to the service, start it, and check again."
            )
        }
        do {
            return try await finding(at: address)
        } catch {
            return .warn(
                subject,
                "The public address was not reached, so nothing shows that TLS is ended before the service. \(error)",
                remedy: "Start the service and the proxy, and check again; is alerts.console_url right?"
            )
        }
    }

    private func finding(at address: String) async throws -> Finding {
        let answer = try await ask("\(address)/api/v1/status")
        let remedy =
            "Let the proxy pass requests on with X-Forwarded-Proto: https and X-Forwarded-For, and list the address that it comes from in trusted_proxies."
        switch answer.status {
        case 401 where answer.problem != nil:
            if try await isTakenForLocal(address) {
                return .fail(
                    subject,
                    "\(address) leads to the service without any forwarding header, so that everybody is taken for somebody on this machine",
                    remedy: remedy
                )
            }
            return .ok(subject, "It is ended by a proxy: what comes by \(address) is taken as secure")
        case 403 where answer.problem != nil:
            return .fail(
                subject,
                "\(address) leads to the service, but nothing that comes that way is taken as secure (403), deliveries neither",
                remedy: remedy
            )
        case 502...504:
            return .warn(
                subject,
                "\(address) answers with \(answer.status): the proxy does not reach the service",
                remedy:
                    "Start the service, let the proxy lead to \(ServiceAddress.local(configuration.listen)), and check again."
            )
        default:
            return .fail(
                subject,
                "What answers at \(address) is not the service (status \(answer.status))",
                remedy:
                    "Correct alerts.console_url, or let the proxy lead to \(ServiceAddress.local(configuration.listen))."
            )
        }
    }

    /// Only to who is on this machine does the service tell of its panels there.
    private func isTakenForLocal(_ address: String) async throws -> Bool {
        struct Readiness: Decodable { var panels: [String: String]? }
        let answer = try await ask("\(address)/health/ready")
        guard answer.isJSON else { return false }
        return try JSONDecoder().decode(Readiness.self, from: answer.body).panels != nil
    }
}
