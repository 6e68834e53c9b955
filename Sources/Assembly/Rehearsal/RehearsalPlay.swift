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

    /// Waits for the service's word, then reads the panel, until both say what they should; else says what they said last.
    ///
    /// The panel is not asked before there is something to see: looking all the time would use up the calls that the work itself needs.
    private func watch(
        _ step: RehearsalStep,
        since begin: ContinuousClock.Instant,
        _ saidAt: [String: ContinuousClock.Instant]
    ) async throws -> (times: [Duration], detail: String?) {
        var complaint = ""
        var pause = Duration.milliseconds(200)
        while true {
            if let open = try await openWord(of: step) {
                complaint = open
            } else {
                do {
                    let seen = try await look()
                    let now = ContinuousClock.now
                    let wrong = members.filter { !isRight(seen, $0, step) }
                    if wrong.isEmpty { return (saidAt.values.map { $0.duration(to: now) }, nil) }
                    complaint = wrong.map { "\($0.email) has access to \(seen[$0.email]?.count ?? 0) servers." }
                        .joined(separator: " ")
                } catch let error as PanelError {
                    complaint = "\(error)"
                }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
            if begin.duration(to: .now) > patience {
                return ([], "Not as it should be after \(patience.inWords): \(complaint)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// What the service says of the first customer with whom it is not done; `nil` once all are where the step takes them.
    private func openWord(of step: RehearsalStep) async throws -> String? {
        for member in members {
            guard let customer = try await customer(member) else {
                return "The service does not know \(member.customer) yet."
            }
            let because = customer.explanation?.first ?? ""
            guard customer.state == "converged", because.contains(step.because) else {
                return
                    "\(member.customer) is \(customer.state). \(([because] + customer.reasons).joined(separator: " "))"
            }
        }
        return nil
    }

    private func customer(_ member: RehearsalJournal.Member) async throws -> AdminAnswer.Customer? {
        do {
            return try await client.get(AdminAnswer.Customer.self, ["customers", member.customer])
        } catch let failure as CommandFailure where failure.outcome == .didNotHold {
            return nil
        }
    }

    /// Who has what on each server, by folded e-mail; who has no row is missing.
    private func look() async throws -> [String: [ServerIdentifier: Set<String>]] {
        var seen: [String: [ServerIdentifier: Set<String>]] = [:]
        for server in servers {
            for row in try await panel.subusers(server: server) {
                seen[asciiFolded(row.email), default: [:]][server] = row.permissions
            }
        }
        return seen
    }

    private func isRight(
        _ seen: [String: [ServerIdentifier: Set<String>]],
        _ member: RehearsalJournal.Member,
        _ step: RehearsalStep
    ) -> Bool {
        let rows = seen[member.email] ?? [:]
        guard let permissions = script.expected(step.access) else { return rows.isEmpty }
        return servers.allSatisfy { rows[$0] == permissions }
    }
}
