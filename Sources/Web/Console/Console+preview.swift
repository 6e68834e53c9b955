import Entitlements
import HTTPTypes
import Ledger
import Provisioning

/// What a decision would do, before it is made.
struct DecisionPreview: Sendable {
    var sentence: String
    var button: String
    var changes: [String]
    var takesAccess: Bool
    /// Why none of it happens yet, and what to do if it should.
    var obstacle: String?
}

extension Console {
    /// Computes what the customer would have with the decision, by the same rules as their lane.
    func preview(_ decision: ConsoleDecision, _ form: Form, _ row: CustomerRow) async throws -> DecisionPreview {
        guard var file = try await api.ledger.file(of: row.key) else {
            throw Problem(.notFound, "The customer is gone.")
        }
        let name = row.email ?? row.key.description
        let inForce = file.record.overrides.filter { $0.isInForce(at: api.clock.now()) }
        switch decision {
        case .grant:
            let override = try newOverride(.grant(try tier(form)), form)
            file.record.overrides.append(override)
            return try await preview(
                "\(name) gets tier \(form["tier"] ?? "")\(override.endWords), paid or not.",
                "Grant it",
                row,
                file
            )
        case .ban:
            let override = try newOverride(.ban, form)
            file.record.overrides.append(override)
            return try await preview(
                "\(name) loses all access\(override.endWords), whatever is paid.",
                "Ban",
                row,
                file,
                takesAccess: true
            )
        case .hold:
            let override = try newOverride(.hold, form)
            return DecisionPreview(
                sentence:
                    "\(name) is left exactly as they are until \(override.until?.iso8601 ?? "somebody releases them").",
                button: "Hold",
                changes: [],
                takesAccess: false
            )
        case .postpone:
            _ = try api.checkedReason(form["reason"] ?? "")
            let plan = try await api.postponement(of: row, until: form["until"] ?? "")
            return DecisionPreview(
                sentence: "\(name) keeps until \(plan.until) what would end before.",
                button: "Postpone",
                changes: plan.ends + plan.decisions + plan.changes.flatMap(\.sentences) + plan.others.map(\.sentence),
                takesAccess: false
            )
        case .release:
            guard inForce.contains(where: { $0.word != "grant" }) else {
                throw Problem(.conflict, "No ban and no hold is in force.")
            }
            file.record.overrides.removeAll { $0.word != "grant" }
            return try await preview("All bans and holds of \(name) end.", "Release", row, file)
        case .end:
            guard let ended = inForce.first(where: { $0.id.rawValue == form["override"] }) else {
                throw Problem(.notFound, "It is no longer in force.")
            }
            file.record.overrides.removeAll { $0.id == ended.id }
            return try await preview(
                "The \(ended.word) of \(name) ends.",
                "End it",
                row,
                file,
                takesAccess: ended.word == "grant"
            )
        case .approve, .discard:
            return DecisionPreview(
                sentence: decision == .approve
                    ? "What is held for \(name) is taken away."
                    : "\(name) keeps everything and is put on hold for 7 days.",
                button: decision == .approve ? "Let it happen" : "Keep it",
                changes: decision == .approve ? row.reasons : [],
                takesAccess: decision == .approve
            )
        case .retry:
            return try await preview("\(name) is read from the panel and computed anew.", "Look again", row, file)
        case .replay:
            return try await preview("All that billing said of \(name) is computed anew.", "Replay", row, file)
        }
    }

    private func preview(
        _ sentence: String,
        _ button: String,
        _ row: CustomerRow,
        _ file: CustomerFile,
        takesAccess: Bool = false
    ) async throws -> DecisionPreview {
        let decision = try await api.decision(on: file)
        let plan = PlanView(row, file: file, decision: decision, world: api.world)
        return DecisionPreview(
            sentence: sentence,
            button: button,
            changes: plan.sentences,
            takesAccess: takesAccess || plan.takesAway,
            obstacle: decision.hold?.obstacle
        )
    }

    private func tier(_ form: Form) throws -> TierID {
        guard let name = form["tier"], api.rules.rules.catalog.tier(TierID(name)) != nil else {
            throw Problem(.badRequest, "There is no such tier.", field: "tier")
        }
        return TierID(name)
    }

    /// The decision as the API would record it, to compute with; what is wrong with it is told before anything is shown.
    private func newOverride(_ kind: Override.Kind, _ form: Form) throws -> Override {
        let now = api.clock.now()
        var until = try form["until"].map { try api.moment($0, field: "until") }
        if let until, until <= now { throw Problem(.badRequest, "The date lies in the past.", field: "until") }
        if kind == .hold { until = until ?? now + Override.holdDuration }
        return Override(
            id: "preview",
            kind: kind,
            reason: try api.checkedReason(form["reason"] ?? ""),
            author: "",
            createdAt: now,
            until: until
        )
    }
}

extension PlanView.Change {
    var sentences: [String] {
        var sentences: [String] = []
        if !add.isEmpty { sentences.append("\(name): \(add.joined(separator: ", ")) is given.") }
        if !remove.isEmpty { sentences.append("\(name): \(remove.joined(separator: ", ")) is taken away.") }
        return sentences
    }
}

extension Override {
    /// Until when, behind what it does.
    fileprivate var endWords: String { until.map { " until \($0.iso8601)" } ?? ", until somebody ends it" }

    /// What a hold means for everything else that is decided about its customer.
    fileprivate var obstacle: String {
        let end = until.map { " until \($0.iso8601)" } ?? ""
        return """
            On hold\(end), by \(author): nothing of this happens before the hold ends. If it is to happen at once, release the customer \
            first.
            """
    }
}
