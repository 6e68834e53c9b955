import Observability
import ServiceConfiguration
import Entitlements
import PterodactylAPI

extension PanelCheck {
    /// What the client key is good for.
    struct ClientPower {
        /// `nil` where the key does not work.
        var account: OwnAccount?
        var findings: [Finding]
    }

    enum Read {
        case success([Server])
        case failure(Finding?)
    }

    var applicationSubject: String { "\(subject): application key" }
    var clientSubject: String { "\(subject): client key" }

    func applicationKeyRefused(_ error: any Error) -> Finding {
        let looksLikeClientKey = panel.applicationKey.reveal().hasPrefix("ptlc_")
        let remedy =
            looksLikeClientKey
            ? "It looks like a client key (ptlc_); make an application key (ptla_) in the panel's admin area."
            : "Make a key in the panel's admin area, Application API, with read & write on users and read on servers, nodes, nests and eggs."
        return .fail(applicationSubject, "It may not read users: \(error)", remedy: remedy)
    }

    /// Asks for an account without name and e-mail: a key that may write is told that they are missing, any other that it may not; neither
    /// changes anything.
    func mayWrite(_ client: PterodactylPanel) async -> Finding {
        do {
            let nobody = NewUser(externalID: nil, username: "", email: "", firstName: "", lastName: "")
            _ = try await client.createUser(nobody)
            return .warn(
                applicationSubject,
                "It could not be told whether it may write users: the panel took an empty account.",
                remedy: "Look at the panel for an account without a name, and at the key's rights."
            )
        } catch let error as PanelError {
            if case .invalid = error.kind { return .ok(applicationSubject, "It may read and write users") }
            if error.kind == .forbidden || error.kind == .keyRefused {
                return .fail(
                    applicationSubject,
                    "It may read users, but not write them, so that no account could be made",
                    remedy: "Make a key with read & write on users."
                )
            }
            return writingUnknown(error)
        } catch {
            return writingUnknown(error)
        }
    }

    private func writingUnknown(_ error: any Error) -> Finding {
        .warn(
            applicationSubject,
            "It may read users; whether it may write them could not be told: \(error)",
            remedy: "Check again; if it stays, look at the key's rights and at the panel's own log."
        )
    }

    func readServers(_ client: PterodactylPanel) async -> Read {
        do {
            return .success(try await client.serversForGroups())
        } catch {
            return .failure(serversUnreadable(error))
        }
    }

    func serversUnreadable(_ error: any Error) -> Finding {
        let remedy = "Give the key read on servers, and on nodes, nests and eggs where groups name them."
        return .fail(applicationSubject, "It may not read servers: \(error)", remedy: remedy)
    }

    func readClientKey(_ client: PterodactylPanel) async -> ClientPower {
        let account: OwnAccount
        do {
            account = try await client.ownAccount()
        } catch {
            return ClientPower(findings: [clientKeyRefused(error)])
        }
        var findings: [Finding] = []
        if account.isAdmin {
            findings.append(.ok(clientSubject, "It is \(account.username)'s, a root admin: it reaches every server"))
        } else {
            findings.append(
                .warn(
                    clientSubject,
                    "It is \(account.username)'s, who is no root admin: it reaches only servers that they own or are a subuser of",
                    remedy: "Use a key of the administrator that was made for Paydactyl."
                )
            )
        }
        findings += await permissions(client)
        return ClientPower(account: account, findings: findings)
    }

    func clientKeyRefused(_ error: any Error) -> Finding {
        let looksLikeApplicationKey = panel.clientKey.reveal().hasPrefix("ptla_")
        let remedy =
            looksLikeApplicationKey
            ? "It looks like an application key (ptla_); make a client key (ptlc_) under Account, API Credentials."
            : "Make a key under Account, API Credentials, of the administrator that was made for Paydactyl."
        return .fail(clientSubject, "It does not work: \(error)", remedy: remedy)
    }

    private func permissions(_ client: PterodactylPanel) async -> [Finding] {
        let subject = "\(self.subject): permissions"
        let wanted = configuration.catalog.permissions(on: name)
        do {
            let known = try await client.permissions().keys
            let unknown = wanted.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
            guard unknown.isEmpty else {
                return unknown.map { permission, tiers in
                    .fail(
                        subject,
                        "This panel does not know \(permission), which tier \(tiers.sorted().joined(separator: ", ")) gives; it would drop it silently",
                        remedy: "Take it out of the tier, or update the panel."
                    )
                }
            }
            return [.ok(subject, "The panel knows all \(wanted.count) that tiers give")]
        } catch {
            return [
                .warn(
                    subject,
                    "Which permissions the panel knows could not be read: \(error)",
                    remedy: "Mend what the line about the client key says, and check again."
                )
            ]
        }
    }
}

extension Catalog {
    /// What tiers give on one panel, and which tiers do.
    fileprivate func permissions(on panel: PanelName) -> [String: Set<String>] {
        var wanted: [String: Set<String>] = [:]
        for tier in tiers {
            for access in tier.access where groups[access.group]?.panel == panel {
                for permission in access.permissions { wanted[permission.key, default: []].insert(tier.id.rawValue) }
            }
        }
        return wanted
    }
}

extension PterodactylPanel {
    /// Every server, with what the rules of groups look at.
    func serversForGroups() async throws -> [Server] {
        var servers: [Server] = []
        var next: Int? = 1
        while let number = next {
            let page = try await serversPage(number, perPage: 50, including: [.user, .node, .egg])
            servers += page.things
            next = page.next
        }
        return servers
    }
}
