import Billing
import Entitlements
import Foundation
import Provisioning
import PterodactylAPI

/// Lets the steps happen, and reads each one back from the panel.
struct RehearsalPlay: Sendable {
    let script: RehearsalScript
    let members: [RehearsalJournal.Member]
    let servers: [ServerIdentifier]
    let panel: PterodactylPanel
    let client: AdminClient
    let sender: DeliverySender
    let patience: Duration

    private struct Seen {
        /// By folded e-mail and server; who has no row is missing.
        var rows: [String: [ServerIdentifier: Set<String>]] = [:]
    }

    func play(_ step: RehearsalStep) async throws -> (step: RehearsalReport.Step, times: [Duration]) {
        let begin = ContinuousClock.now
        var saidAt: [String: ContinuousClock.Instant] = [:]
        for member in members {
            saidAt[member.email] = .now
            guard let body = step.delivery(for: member, at: ServiceClock.system.now()) else { continue }
            let answer = try await sender.send(try body.json(), id: "rehearsal_\(UUID().uuidString.lowercased())")
            guard answer.status == 202 else {
                throw CommandFailure(.didNotHold, "A delivery was answered with \(answer.status): \(answer.word)")
            }
        }
        let (times, detail) = try await watch(step, since: begin, saidAt)
        let result = RehearsalReport.Step(
            name: step.rawValue,
            words: step.words,
            held: detail == nil,
            milliseconds: begin.duration(to: .now).milliseconds,
            detail: detail
        )
        return (result, step.isMeasured ? times : [])
    }

    /// Looks until panel and service both say what they should; else says what they said last.
    private func watch(
        _ step: RehearsalStep,
        since begin: ContinuousClock.Instant,
        _ saidAt: [String: ContinuousClock.Instant]
    ) async throws -> (times: [Duration], detail: String?) {
        var waiting = members
        var times: [Duration] = []
        var seenAt: [String: ContinuousClock.Instant] = [:]
        var complaint = ""
        while true {
            do {
                let seen = try await look()
                let now = ContinuousClock.now
                for member in waiting where isRight(seen, member, step) && seenAt[member.email] == nil {
                    seenAt[member.email] = now
                    times.append((saidAt[member.email] ?? begin).duration(to: now))
                }
                waiting = try await stillWaiting(waiting, seen, step, complaint: &complaint)
            } catch let error as PanelError {
                complaint = "\(error)"
            }
            if waiting.isEmpty { return (times, nil) }
            if begin.duration(to: .now) > patience {
                return (
                    times,
                    "\(counted(waiting.count, "customer")) not as it should be after \(patience.inWords): \(complaint)"
                )
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func stillWaiting(
        _ waiting: [RehearsalJournal.Member],
        _ seen: Seen,
        _ step: RehearsalStep,
        complaint: inout String
    ) async throws -> [RehearsalJournal.Member] {
        var rest: [RehearsalJournal.Member] = []
        for member in waiting {
            let customer = try await customer(member)
            let because = customer?.explanation?.first ?? "the service does not know this customer yet"
            if isRight(seen, member, step), because.contains(step.because) { continue }
            let reasons = [because] + (customer?.reasons ?? [])
            complaint =
                "\(member.email) has access to \(seen.rows[member.email]?.count ?? 0) servers; \(reasons.joined(separator: " "))"
            rest.append(member)
        }
        return rest
    }

    private func customer(_ member: RehearsalJournal.Member) async throws -> AdminAnswer.Customer? {
        do {
            return try await client.get(AdminAnswer.Customer.self, ["customers", member.customer])
        } catch let failure as CommandFailure where failure.outcome == .didNotHold {
            return nil
        }
    }

    private func look() async throws -> Seen {
        var seen = Seen()
        for server in servers {
            for row in try await panel.subusers(server: server) {
                seen.rows[asciiFolded(row.email), default: [:]][server] = row.permissions
            }
        }
        return seen
    }

    private func isRight(_ seen: Seen, _ member: RehearsalJournal.Member, _ step: RehearsalStep) -> Bool {
        let rows = seen.rows[member.email] ?? [:]
        guard let permissions = script.expected(step.access) else { return rows.isEmpty }
        return servers.allSatisfy { rows[$0] == permissions }
    }
}
