package import Billing
import Observability
package import PterodactylAPI
package import ServiceConfiguration

extension PaymenterTransport {
    /// Goes over the transport that serves the panels: no redirects, bounded answers, a limit for the whole exchange.
    package init(_ transport: PanelTransport) {
        self.init { request in
            let sent = PanelRequest(
                api: .application,
                method: .get,
                url: request.url,
                target: request.target,
                key: PanelKey(request.token.reveal()),
                headers: [
                    PanelHeader("Accept", "application/json"),
                    PanelHeader("User-Agent", "Paydactyl/\(paydactylVersion)"),
                ],
                maximumBodySize: request.maximumBodySize,
                timeout: request.timeout
            )
            do {
                let answer = try await transport.send(sent)
                return PaymenterAnswer(
                    status: answer.status,
                    contentType: answer.header("content-type"),
                    location: answer.header("location"),
                    body: answer.body
                )
            } catch let failure as TransportFailure {
                throw PaymenterTransportFailure(failure)
            }
        }
    }
}

extension PaymenterTransportFailure {
    fileprivate init(_ failure: TransportFailure) {
        switch failure {
        case .unreachable(let reason): self = .unreachable(reason)
        case .noAnswer(let reason): self = .noAnswer(reason)
        case .bodyTooLarge: self = .bodyTooLarge
        }
    }
}

extension PaymenterAPI {
    package init(_ api: ServiceConfiguration.Paymenter.API, transport: PaymenterTransport) {
        self.init(url: api.url, token: api.token, transport: transport)
    }
}
