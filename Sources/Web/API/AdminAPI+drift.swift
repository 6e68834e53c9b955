import Crypto
import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Provisioning

/// What a person decides about one line of drift.
extension AdminAPI {
    func addDriftRoutes(to group: RouterGroup<WebContext>) {
        for decision in DriftDecision.allCases {
            group.post("drift/:line/\(decision.rawValue)") { request, context in
                let body = try JSONBody.decode(
                    DriftReason.self,
                    from: try await JSONBody.collect(request),
                    known: ["reason"]
                )
                let id = try context.parameters.require("line")
                return try await settle(decision, on: id, because: body.reason, context)
            }
        }
    }

    struct DriftReason: Codable {
        var reason: String
    }

    /// The line of the last audits that has this id: it stands for exactly what was shown.
    func driftLine(_ id: String) async throws -> DriftReport.Finding {
        let accepted = try await ledger.acceptedDrift()
        for panel in panels.values {
            let findings = panel.lastAudit?.drift.findings ?? []
            if let found = findings.first(where: { $0.id == id && !$0.isAccepted(in: accepted) }) { return found }
        }
        throw Problem(
            .notFound,
            "No panel shows just this any more, or it was accepted. Look at the drift again."
        )
    }

    func settle(_ decision: DriftDecision, on id: String, because reason: String, _ context: WebContext) async throws
        -> Response
    {
        let finding = try await driftLine(id)
        let person = try self.decision(reason, context)
        switch finding.outlook(of: decision) {
        case .nothing(let why): throw Problem(.conflict, why)
        case .will: break
        }
        switch (decision, finding.kind, finding.customer) {
        case (.accept, _, _):
            try await ledger.accept(finding.line, by: person)
        case (.repair, .givenBack, let customer?):
            try await ledger.takeBack(finding.line, of: customer, by: person)
        case (.repair, _, let customer?):
            try await ledger.record(
                PersonAction(
                    author: person.author,
                    what: "repair the access on server \(finding.server.number) of panel \(finding.server.panel)",
                    customer: customer,
                    reason: person.reason,
                    at: person.at
                )
            )
            // So marked, the lane reads the row anew before it does anything.
            try await ledger.mark([customer], priority: .audit, now: clock.now())
        case (.repair, _, nil): break
        }
        lanes.ring()
        audits[finding.server.panel]?.ring()
        let customers = finding.customer.map { [$0.description] } ?? []
        let answer = Marked(status: decision == .accept ? "accepted" : "marked", customers: customers)
        return try JSONBody.response(answer, status: .accepted)
    }
}

/// What can be decided about a line of drift.
enum DriftDecision: String, CaseIterable, Sendable {
    case accept, repair
}

/// What a decision would come to.
enum DriftOutlook: Hashable, Sendable {
    case will(String)
    case nothing(String)

    var sentence: String? {
        if case .will(let sentence) = self { sentence } else { nil }
    }
}

extension DriftReport.Finding {
    /// The same for the same row with the same permissions, so that a decision is for what was shown.
    var id: String {
        let text =
            "\(server.panel)\n\(server.number)\n\(user)\n\(kind.rawValue)\n\(customer?.description ?? "")\n"
            + permissions.sorted().map(\.key).joined(separator: "\n")
        return SHA256.hash(data: Data(text.utf8)).hexadecimal(12)
    }

    var line: DriftLine {
        DriftLine(kind: kind, server: server, user: user, customer: customer, permissions: permissions)
    }

    /// Whether a person said that it is right so; one permission more, and it is shown again.
    func isAccepted(in accepted: Set<AcceptedDrift>) -> Bool {
        guard kind != .missing else { return false }
        return accepted.contains { $0.server == server && $0.user == user && permissions.isSubset(of: $0.permissions) }
    }

    /// What deciding so would do, in a sentence, or why there is nothing to decide.
    func outlook(of decision: DriftDecision) -> DriftOutlook {
        switch (decision, kind) {
        case (.accept, .missing):
            .nothing(
                "What is missing is given again by itself. To take it away for good, end what gives it, or hold the customer."
            )
        case (.accept, .unpaid), (.accept, .givenBack):
            .will("It stays, as given by hand: it is never taken away, and shown no more.")
        case (.accept, .handMade), (.accept, .stranger):
            .will("It stays as it is, and is shown no more until something is added to it.")
        case (.repair, .missing):
            .will("The row is read again, and what is missing in it is given.")
        case (.repair, .unpaid) where customer != nil:
            .will("The row is read again, and what nobody pays for is taken away.")
        case (.repair, .unpaid):
            .nothing("The account is ours, but no customer's; what it may do is taken away by hand on the panel.")
        case (.repair, .givenBack):
            .will("What was given back by hand is taken away again.")
        case (.repair, .handMade), (.repair, .stranger):
            .nothing("What was given by hand is never taken away by us; take it away on the panel.")
        }
    }
}
