import Entitlements
import Ledger
import PterodactylAPI

/// What a failure means for the customer, and for the panel.
extension LaneRun {
    /// Sorts a failure into what it means for the customer, and opens the circuit if it is the panel's own.
    mutating func note(
        _ error: PanelError,
        while doing: String,
        on panel: PanelConnection,
        about server: PanelServerID? = nil
    ) {
        if error.isPanelWide {
            panel.fail(error, schedule: rules.policy.retry, clock: context.clock)
            if let reason = panel.standstill { report.block(reason, by: .panel(panel.name)) }
            return
        }
        if error.isBreaking { broken.insert(panel.name) }
        let place = server.map(BlockCause.server) ?? .refusal(panel.name)
        switch error.kind {
        case .rateLimited(let retryAfter):
            let wait = retryAfter ?? .seconds(60)
            report.wait(
                until: now + wait,
                "The rate limit of panel \(panel.name) is used up; it goes on in \(wait.inWords)."
            )
        case .conflict, .serverOffline:
            report.block("\(doing.capitalisedFirst): \(error)", by: place)
        case .forbidden, .invalid, .refused, .userIsServerOwner:
            report.attention.append(
                Need(
                    "\(doing.capitalisedFirst) was refused: \(error)",
                    do: "Put right on the panel what it names; it is tried again by itself."
                )
            )
            report.due.append(now + rules.policy.retry.wait(afterAttempts: .max, jitter: context.clock.jitter()))
        case .notFound where server != nil && error.hidesServer:
            report.block(
                """
                \(doing.capitalisedFirst): the client key of panel \(panel.name) does not see the server, so nobody knows or changes who \
                may use it. Make the key's owner an administrator of the panel, or look at the key with `paydactyl check`. (\(error))
                """,
                by: place
            )
        case .notFound, .subuserExists, .daemon, .panelFault, .noAnswer, .bodyTooLarge, .undecodable, .cancelled,
            .overloaded,
            .unauthenticated, .keyRefused, .noSuchRoute, .maintenance, .notJSON, .redirected, .unreachable, .nonsense:
            report.retrying.append("\(doing.capitalisedFirst) failed and is tried again: \(error)")
        }
    }

    /// A panel that breaks, or gives no answer, at one customer after the other is asked what concerns no customer: if it does so at that
    /// too, it is the panel.
    mutating func probeIfBroken(_ panel: PanelConnection) async {
        guard broken.contains(panel.name), panel.circuit.isClosed, panel.countBroken() else { return }
        do {
            _ = try await panel.client.ownAccount()
            _ = try await panel.client.usersPage(1, perPage: 1)
            panel.countWorking()
        } catch let error as PanelError where error.isPanelWide || error.isBreaking {
            panel.fail(error, schedule: rules.policy.retry, clock: context.clock)
            report.retrying = []
            if let reason = panel.standstill { report.block(reason, by: .panel(panel.name)) }
        } catch {
            // It says nothing of the panel as a whole; the customers it broke at are tried again anyway.
        }
    }
}

extension PanelError {
    /// Whether it may be the panel as a whole that is at fault, which is found out once it happens often.
    fileprivate var isBreaking: Bool { kind == .panelFault || kind == .noAnswer }

    /// Whether the client API says of a server, and not of one of its rows, that there is none; the row may have gone meanwhile.
    fileprivate var hidesServer: Bool { request.api == .client && !request.path.contains("/users/") }
}
