import Entitlements
import Provisioning
import PterodactylAPI
import Synchronization

/// Takes from a panel what a rehearsal made there, and nothing else: an account goes only if both its external id and its e-mail are in the
/// journal, and if it is no admin's and owns nothing.
struct RehearsalCleanup: Sendable {
    /// What became of it.
    struct Outcome: Sendable {
        var deleted = 0
        /// What is still there, or could not be looked at, in sentences.
        var left: [String] = []
    }

    let panel: PterodactylPanel
    let journal: RehearsalJournal
    /// How long a panel that fails is asked again.
    let patience: Duration
    /// Tells whoever waits.
    let write: @Sendable ([String]) -> Void

    private static let silence: Duration = .seconds(10)

    /// What keeps it from going on, as last told.
    private final class Trouble: Sendable {
        private let state = Mutex<String?>(nil)

        var last: String? { state.withLock(\.self) }

        /// Says whether it is another than before.
        func isNews(_ trouble: String) -> Bool {
            state.withLock { last in
                defer { last = trouble }
                return last != trouble
            }
        }
    }

    /// Cleans up, says at once what keeps it from that, and again and again that it goes on while it takes long.
    func run() async -> Outcome {
        let trouble = Trouble()
        return await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await cleanUp(trouble) }
            group.addTask {
                while true {
                    do { try await Task.sleep(for: Self.silence) } catch { return nil }
                    write(["… still cleaning up: \(trouble.last ?? "the panel takes only so many calls a minute")"])
                }
            }
            defer { group.cancelAll() }
            for await case let outcome? in group { return outcome }
            return Outcome(left: ["It was ended before it had looked twice."])
        }
    }

    /// Looks until it has twice found nothing: a creation whose answer was lost may come about after the first look.
    private func cleanUp(_ trouble: Trouble) async -> Outcome {
        var outcome = Outcome()
        let begin = ContinuousClock.now
        var emptyLooks = 0
        while emptyLooks < 2 {
            do {
                let (deleted, refused) = try await pass()
                outcome.deleted += deleted
                guard refused.isEmpty else {
                    outcome.left = refused
                    return outcome
                }
                emptyLooks = deleted == 0 ? emptyLooks + 1 : 0
            } catch let error as PanelError where error.isOfTheKey {
                // Asking again changes nothing about a key.
                outcome.left = [
                    "The panel could not be cleaned up: \(error). Put a key that works into the configuration, then run `paydactyl rehearse --clean-up`."
                ]
                return outcome
            } catch {
                emptyLooks = 0
                if trouble.isNews("\(error)") {
                    write([
                        "… the panel could not be asked: \(error)",
                        "  It is asked again for up to \(patience.inWords) in all.",
                    ])
                }
                guard begin.duration(to: .now) < patience else {
                    outcome.left = ["The panel could not be cleaned up: \(error)"]
                    return outcome
                }
            }
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                outcome.left = ["It was ended before it had looked twice."]
                return outcome
            }
        }
        return outcome
    }

    private func pass() async throws -> (deleted: Int, refused: [String]) {
        var deleted = 0
        var refused: [String] = []
        for member in journal.members {
            guard let account = try await panel.user(externalID: member.externalID) else { continue }
            if let reason = try await reasonToLeave(account, member) {
                refused.append(reason)
                continue
            }
            // The panel takes the account's rows on all servers with it.
            try await panel.deleteUser(id: account.id)
            deleted += 1
        }
        if deleted == 0, refused.isEmpty { refused = try await strayRows() }
        return (deleted, refused)
    }

    private func reasonToLeave(_ account: PanelUser, _ member: RehearsalJournal.Member) async throws -> String? {
        let name = "Account \(account.username) (\(account.email)) carries the external id \(member.externalID)"
        guard asciiFolded(account.email) == member.email else {
            return "\(name), but its e-mail is none of the rehearsal's. It was left alone."
        }
        guard !account.rootAdmin else { return "\(name), but is a root admin's. It was left alone." }
        let servers = try await panel.userWithServers(id: account.id)?.servers ?? []
        guard servers.isEmpty else {
            return "\(name), but owns server \(servers.map(\.name).joined(separator: ", ")). It was left alone."
        }
        return nil
    }

    private func strayRows() async throws -> [String] {
        let emails = Set(journal.members.map(\.email))
        var rows: [String] = []
        for server in journal.servers {
            do {
                rows += try await panel.subusers(server: ServerIdentifier(server))
                    .filter { emails.contains(asciiFolded($0.email)) }
                    .map { "\($0.email) is still a subuser of server \(server)." }
            } catch let error as PanelError {
                // A server that is suspended, being installed or gone shows no rows; the accounts are gone, and their rows with them.
                switch error.kind {
                case .conflict, .notFound: continue
                default: throw error
                }
            }
        }
        return rows
    }
}

extension PanelError {
    fileprivate var isOfTheKey: Bool { kind == .unauthenticated || kind == .keyRefused || kind == .forbidden }
}
