import Ledger
import Oracle

extension StoryRun {
    /// How long the engine may take to follow, where nothing stands in its way.
    private var slack: Span { story.rules.settle + .minutes(5) }

    /// Has the oracle judge the panel if nothing has stood in the way for long enough.
    mutating func judge(isLast: Bool) throws {
        let now = time.now
        guard let engine, let upSince, away.isEmpty, !isAstray, engine.whyItWaitsForAPerson == nil else {
            let why = engine?.whyItWaitsForAPerson ?? ""
            if isLast {
                world.with { $0.oracle.fail(.convergesWithoutAPerson, at: now, "the story ends in trouble \(why)") }
            }
            return
        }
        let (fairSince, isFair) = world.with { ($0.fairSince, $0.weather.isFair && $0.skew == .zero) }
        let recovery = story.rules.longestRetry * 2
        let isQuiet =
            isFair && now - fairSince >= recovery && now - upSince >= recovery
            && now - lastHand >= story.rules.auditEvery + story.rules.longestRetry + slack
        guard isQuiet else {
            if isLast {
                world.with {
                    $0.oracle.fail(.convergesWithoutAPerson, at: now, "the story ends before things are quiet")
                }
            }
            return
        }
        let rows = try engine.ledger.rowsAtOnce()
        let shown = rows.compactMap { row in World.number(of: row.key).map { ($0, Shown(row)) } }
        let view = world.view(shown: Dictionary(shown, uniquingKeysWith: { first, _ in first }), joined: joined)
        let slack = slack
        world.note("judge")
        judgements.append(now)
        world.with { state in
            state.oracle.judge(view, at: now, slack: slack)
            let lost = state.acknowledged.subtracting(state.takenIn).sorted()
            if isLast, !lost.isEmpty {
                state.oracle.fail(.acknowledgedIsNeverLost, at: now, "\(lost) were acknowledged and never taken in")
            }
        }
    }
}

extension Shown {
    init(_ row: CustomerRow) {
        switch row.state {
        case _ where row.holdsLosses: self = .holdsLosses
        case .converged: self = .fine
        case .working: self = .waiting
        case .blocked: self = .blocked
        case .needsAttention: self = .needsAttention
        }
    }
}
