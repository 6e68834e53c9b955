extension PanelError {
    /// What kind of failure it was.
    public enum Kind: Hashable, Sendable {
        /// The key is not known (any more).
        case unauthenticated
        /// The key is known, and refused for everything: wrong kind of key, address not allowed, its user no admin or without the second factor.
        case keyRefused
        /// The key may not do this.
        case forbidden
        /// The panel itself says, in its own words, that it has no such thing.
        case notFound
        /// The panel has no such address, or what answers is no panel: a wrong URL or version, never proof that a thing is gone.
        case noSuchRoute
        /// Values that the panel does not take.
        case invalid([InvalidField])
        /// The server is in a state in which the panel does nothing with it.
        case conflict(ConflictReason)
        /// This user already is a subuser of this server.
        case subuserExists
        /// The owner of a server cannot be its subuser.
        case userIsServerOwner
        /// The panel understood and will not do it, for the reason in `detail`.
        case refused
        /// Too many requests; nothing was done.
        case rateLimited(retryAfter: Duration?)
        /// The server must run to take commands; nothing was done.
        case serverOffline
        /// The node's daemon failed or could not be reached; the status is the daemon's, so that 404 does not say that the server is gone.
        case daemon
        /// The panel broke while it worked (database, mail, a race); look before trying again.
        case panelFault
        /// The panel is down for maintenance.
        case maintenance(retryAfter: Duration?)
        /// Something that is not JSON, from a proxy or from something that is no panel.
        case notJSON
        /// A redirect, which is never followed: the address is not quite that of the panel.
        case redirected(location: String?)
        /// No connection came about; the panel has surely not seen the request.
        case unreachable
        /// The request was sent, or may have been, and no whole answer came.
        case noAnswer
        /// The answer was longer than allowed; a smaller page may fit.
        case bodyTooLarge
        /// JSON, but not of the shape that it should have.
        case undecodable
        /// Counters of a listing that cannot be.
        case nonsense
        /// The calling task was cancelled while the request was under way.
        case cancelled
        /// Too many requests already wait here; it was not sent.
        case overloaded
    }

    /// In what state a server is that the panel leaves alone.
    public enum ConflictReason: String, Hashable, Sendable {
        case suspended, installing, nodeMaintenance, restoringBackup, transferring, other
    }

    /// Whether the request may have had its effect in spite of the failure, so that one must look before trying again.
    public var effectUnknown: Bool {
        guard request.method.isWrite else { return false }
        switch kind {
        case .noAnswer, .cancelled, .bodyTooLarge, .undecodable, .panelFault, .nonsense: return true
        case .daemon: return (status ?? 500) >= 500
        // The panel's own 503 comes before it does anything; one of a proxy may come afterwards.
        case .maintenance: return code == nil
        case .notJSON: return !(400..<500).contains(status ?? 0)
        case .unauthenticated, .keyRefused, .forbidden, .notFound, .noSuchRoute, .invalid, .conflict, .subuserExists,
            .userIsServerOwner, .refused, .rateLimited, .serverOffline, .redirected, .unreachable, .overloaded:
            return false
        }
    }

    /// Whether it is the panel that is wrong and not this request, so that no other request need be tried now.
    public var isPanelWide: Bool {
        switch kind {
        case .unauthenticated, .keyRefused, .noSuchRoute, .maintenance, .notJSON, .redirected, .unreachable, .nonsense:
            true
        case .forbidden, .notFound, .invalid, .conflict, .subuserExists, .userIsServerOwner, .refused, .rateLimited,
            .serverOffline, .daemon, .panelFault, .noAnswer, .bodyTooLarge, .undecodable, .cancelled, .overloaded:
            false
        }
    }
}
