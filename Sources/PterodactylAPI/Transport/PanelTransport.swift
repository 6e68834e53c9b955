/// The way to a panel and back: the one seam that tests, simulations and other HTTP clients fill.
public struct PanelTransport: Sendable {
    /// Sends a request once, without following redirects, and returns whatever the panel answered.
    ///
    /// Throws a ``TransportFailure`` where nothing was answered; anything else that it throws is taken for ``TransportFailure/noAnswer(_:)``.
    public var send: @Sendable (PanelRequest) async throws -> PanelResponse

    public init(send: @escaping @Sendable (PanelRequest) async throws -> PanelResponse) {
        self.send = send
    }
}

/// Why a request has no answer; what matters is whether the panel may have seen it.
public enum TransportFailure: Error, Hashable, Sendable {
    /// No connection came about, so the panel has surely not seen the request.
    case unreachable(String)
    /// The request was sent, or may have been, and no whole answer came back.
    case noAnswer(String)
    /// The answer was longer than the request allows.
    case bodyTooLarge
}
