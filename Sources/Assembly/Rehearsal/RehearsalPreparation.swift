import Entitlements
import Provisioning
import PterodactylAPI
import ServiceConfiguration

/// Finds out in a few calls, before anything is made, whether a rehearsal can be played: what stands in its way is told at once, and not
/// by a step that waits for what cannot come about.
struct RehearsalPreparation: Sendable {
    private let check: PanelCheck
    private let client: PterodactylPanel
    private let group: ServerGroup
    private let configuration: ServiceConfiguration

    /// More than these make a rehearsal long, and its looking takes the calls that the work needs.
    private static let mostServers = 20
    /// How long to wait before a panel is asked again that may only have stumbled.
    private static let pauses: [Duration] = [.milliseconds(500), .seconds(2), .seconds(5)]

    init(
        _ configuration: ServiceConfiguration,
        _ panel: ServiceConfiguration.Panel,
        group: ServerGroup,
        client: PterodactylPanel
    ) {
        check = PanelCheck(name: group.panel, panel, in: configuration, client: client)
        self.client = client
        self.group = group
        self.configuration = configuration
    }

    /// The servers on which to play.
    ///
    /// - Throws: `CommandFailure` with what is wrong and what to do about it.
    func servers() async throws -> [Server] {
        do {
            _ = try await patiently { try await client.usersPage(1, perPage: 1) }
        } catch let error as PanelError where error.isNoPanel {
            throw failure(check.unusable(error))
        } catch let error as PanelError {
            throw failure(check.applicationKeyRefused(error))
        }
        try demand(await check.mayWrite(client))
        let account: OwnAccount
        do {
            account = try await patiently { try await client.ownAccount() }
        } catch let error as PanelError {
            throw failure(check.clientKeyRefused(error))
        }
        let servers = try await usable()
        let reach = ServerCheck(
            power: PanelCheck.ClientPower(account: account, findings: []),
            catalog: configuration.catalog,
            servers: servers,
            client: client,
            panel: group.panel,
            instance: configuration.instance
        )
        for finding in await reach.findings() { try demand(finding) }
        return servers
    }

    private func usable() async throws -> [Server] {
        let all: [Server]
        do {
            all = try await patiently { try await client.serversForGroups() }
        } catch let error as PanelError {
            throw failure(check.serversUnreadable(error))
        }
        let matched = all.filter {
            group.contains(Entitlements.PanelServer($0, on: group.panel, instance: configuration.instance))
        }
        guard !matched.isEmpty else {
            throw failure(
                .fail(
                    "group \(group.id)",
                    "It matches no server of panel \(group.panel)",
                    remedy: "Compare its keys with the servers' names, or choose another with --group."
                )
            )
        }
        let usable = matched.filter { !$0.suspended && $0.status == nil }
        guard !usable.isEmpty else {
            throw failure(
                .fail(
                    "group \(group.id)",
                    "None of its servers can take subusers now, since each is suspended, being installed or restored",
                    remedy: "Finish that on the panel, or choose another group with --group."
                )
            )
        }
        guard usable.count <= Self.mostServers else {
            throw CommandFailure(
                .usage,
                "Group \(group.id) has \(usable.count) servers; a rehearsal takes \(Self.mostServers) at the most. Choose a smaller one."
            )
        }
        return usable
    }

    private func demand(_ finding: CheckReport.Finding) throws {
        if finding.verdict == .fail { throw failure(finding) }
    }

    private func failure(_ finding: CheckReport.Finding) -> CommandFailure {
        let lines = ["The rehearsal was not begun, and nothing was made.", finding.sentence, finding.remedy ?? ""]
        return CommandFailure(.didNotHold, lines.filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    private func patiently<Value>(_ ask: () async throws -> Value) async throws -> Value {
        for pause in Self.pauses {
            do {
                return try await ask()
            } catch let error as PanelError where error.mayPass {
                try await Task.sleep(for: pause)
            }
        }
        return try await ask()
    }
}

extension CheckReport.Finding {
    /// What was looked at and what was found, in one sentence.
    fileprivate var sentence: String {
        "\(subject.prefix(1).uppercased())\(subject.dropFirst()): \(text)\(text.hasSuffix(".") ? "" : ".")"
    }
}

extension PanelError {
    /// Whether the panel may only have stumbled; what is wrong with an address or a key stays wrong.
    fileprivate var mayPass: Bool {
        switch kind {
        case .panelFault, .noAnswer, .rateLimited, .daemon, .overloaded, .undecodable: true
        case .notJSON: (status ?? 0) >= 500
        case .unauthenticated, .keyRefused, .forbidden, .notFound, .noSuchRoute, .invalid, .conflict, .subuserExists,
            .userIsServerOwner, .refused, .serverOffline, .maintenance, .redirected, .unreachable, .bodyTooLarge,
            .nonsense,
            .cancelled:
            false
        }
    }
}
