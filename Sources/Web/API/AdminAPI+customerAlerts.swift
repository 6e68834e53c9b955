import Crypto
import Entitlements
import Foundation
import Ledger
import Provisioning

extension AdminAPI {
    func customerAlerts(_ summary: LedgerSummary, now: Timestamp) async throws -> [Alert] {
        var alerts: [Alert] = []
        if summary.heldCustomers > 0 { alerts.append(try await held(summary, now: now)) }
        let needing = summary.customers[.needsAttention] ?? 0
        if needing > summary.heldCustomers { alerts.append(try await attention(of: needing, now: now)) }
        if summary.deletionsWaiting > 0 { alerts.append(try await deletions(summary, now: now)) }
        return alerts + (try await blocked(now: now))
    }

    private func held(_ summary: LedgerSummary, now: Timestamp) async throws -> Alert {
        let held = try await ledger.heldCustomers().prefix(Self.casesShown)
        return Alert(
            cause: "breaker",
            sentence: summary.heldCustomers == 1
                ? "The losses of 1 customer are held."
                : "The losses of \(summary.heldCustomers) customers are held.",
            cases: held.map { "\($0.email ?? $0.key.description): \($0.reasons.first ?? "")" },
            remedy: "Nothing is taken away until somebody approves it; look, then approve or discard.",
            extent: summary.heldCustomers,
            since: now,
            page: "/attention"
        )
    }

    private func attention(of needing: Int, now: Timestamp) async throws -> Alert {
        let rows = try await ledger.customers(CustomerQuery(state: .needsAttention, limit: Self.casesShown))
        return Alert(
            cause: "attention",
            sentence: needing == 1 ? "1 customer needs a person." : "\(needing) customers need a person.",
            cases: rows.map { "\($0.email ?? $0.key.description): \($0.reasons.first ?? "")" },
            remedy: "Each has its reason and what to do on the page.",
            extent: needing,
            since: rows.map(\.stateSince).min() ?? now,
            page: "/attention"
        )
    }

    private func deletions(_ summary: LedgerSummary, now: Timestamp) async throws -> Alert {
        let waiting = try await ledger.dedicatedServers(deletionWaits: true, after: nil, limit: Self.casesShown)
        return Alert(
            cause: "deletions",
            sentence: summary.deletionsWaiting == 1
                ? "1 server waits for a person's word to be deleted."
                : "\(summary.deletionsWaiting) servers wait for a person's word to be deleted.",
            cases: waiting.map { "\($0.server.asked.name), subscription \($0.server.slot.subscription)" },
            remedy:
                "Look whether it may go with everything on it, then `paydactyl confirm-deletion SUBSCRIPTION`; or leave it.",
            extent: summary.deletionsWaiting,
            since: waiting.compactMap(\.server.deletionWaitsSince).min() ?? now,
            page: "/attention"
        )
    }

    /// Whoever is blocked for longer than `attention_after` by something that no other alert tells of, one alert a cause.
    private func blocked(now: Timestamp) async throws -> [Alert] {
        guard rules.rules.mode == .enforce, rules.standby == nil, !rules.isPaused else { return [] }
        let moment = now - rules.rules.policy.attentionAfter
        let blockages = try await ledger.blockages(sinceBefore: moment).filter { !isToldOtherwise($0.cause) }
        return BlockedCause.causes(of: blockages).map(\.alert)
    }

    /// A hold was a person's decision, and what keeps a whole panel back is that panel's alert.
    private func isToldOtherwise(_ code: String) -> Bool {
        let told = panels.flatMap { name, panel -> [BlockCause] in
            panel.circuit.isClosed
                ? [.panel(name)]
                : [.panel(name), .unread(name), .refusal(name)]
                    + (panel.inventory?.servers.keys.map { .server($0) } ?? [])
        }
        return ([.hold, .standstill] + told).contains { $0.code == code }
    }
}

/// What blocks customers, however many, and whatever the sentences about it name.
struct BlockedCause: Hashable, Sendable {
    private(set) var blockages: [Blockage]

    /// The causes, each with its sentences, the commonest first.
    static func causes(of blockages: [Blockage]) -> [BlockedCause] {
        var causes: [BlockedCause] = []
        var places: [String: Int] = [:]
        for blockage in blockages {
            if let place = places[blockage.cause] {
                causes[place].blockages.append(blockage)
            } else {
                places[blockage.cause] = causes.count
                causes.append(BlockedCause(blockages: [blockage]))
            }
        }
        return causes
    }

    var alert: Alert {
        let customers = blockages.map(\.customers).reduce(0, +)
        return Alert(
            cause: "blocked-\(SHA256.hash(data: Data((blockages.first?.cause ?? "").utf8)).hexadecimal(12))",
            sentence: "\(customers == 1 ? "1 customer is" : "\(customers) customers are") blocked\(reason)",
            cases: blockages.prefix(AdminAPI.casesShown).map(Self.words),
            remedy: "Put what it names out of the way; it goes on by itself then.",
            extent: customers,
            since: blockages.map(\.since).min() ?? Timestamp(milliseconds: 0),
            page: "/customers?state=blocked"
        )
    }

    /// The reason where all have the same one; else the cases tell each with whose it is.
    private var reason: String {
        guard blockages.count == 1, let only = blockages.first else { return " for reasons of one kind." }
        return ": \(only.reason)"
    }

    private static func words(_ blockage: Blockage) -> String {
        let others = blockage.customers - 1
        let who = others == 0 ? blockage.example : "\(blockage.example) and \(others) more"
        return "\(who): \(blockage.reason)"
    }
}
