import Oracle
import Simulation
import Testing

@Suite(.serialized) struct EngineFaultTests {
    @Test(arguments: EngineFault.allCases) func `the oracle notices an engine that`(_ fault: EngineFault) async throws {
        let first = fault.firstSeed
        let (held, broken) = try await Simulation.run(
            seeds: first...first + 40,
            steps: 300,
            atOnce: 2,
            mutation: { fault.mutation }
        )
        print("\(fault.rawValue): after \(held) seeds: \(broken?.violations.first?.description ?? "not noticed")")
        let story = try #require(broken)
        let rule = try #require(story.violations.first?.rule)
        #expect(fault.breaks.contains(rule), "\(rule)")
        // Without the fault the same story holds, so it is the fault that was noticed.
        #expect(try await Self.sound.holds(story.seed))
    }

    private static let sound = SoundStories()
}

/// Which stories hold where the engine has no fault.
private actor SoundStories {
    private var known: [UInt64: Bool] = [:]

    func holds(_ seed: UInt64) async throws -> Bool {
        if let known = known[seed] { return known }
        let holds = try await Simulation.run(StoryWriter.write(seed: seed, steps: 300)).violations.isEmpty
        known[seed] = holds
        return holds
    }
}

extension EngineFault {
    /// The rules of which it breaks one first.
    fileprivate var breaks: Set<Violation.Rule> {
        switch self {
        case .acknowledgesBeforeTheCommit: [.acknowledgedIsNeverLost]
        case .neverAudits, .givesTheLowestRank, .neverFollowsEmails: [.convergesWithoutAPerson]
        case .dropsAFold: [.convergesWithoutAPerson, .nobodyKeepsBeyond]
        case .decidesFromTheLastSubscriptionAlone, .clearsWhatIsLeftOut:
            [.convergesWithoutAPerson, .validGrantNeverLoses]
        case .givesNoGrace, .endsWhatOneListLacks, .believesEveryClock, .deletesAccountsEarly: [.validGrantNeverLoses]
        case .restartsGraceOnRepeat, .givesGraceTwice, .dropsTheReadBack, .takesNoRanks, .suspendsNoServers:
            [.nobodyKeepsBeyond]
        case .ignoresBans, .keepsTheDeleted: [.nobodyKeepsBeyond, .nothingUnpaidIsGiven]
        case .forgetsTheBaseline, .handsAccountsOver: [.handMadeStays]
        case .forgetsUnsettledOperations: [.nobodyKeepsBeyond]
        case .ignoresRetryAfter: [.panelIsLeftAlone]
        case .revokesWithoutSettling: [.lossesWait]
        case .approvesEverything: [.lossesWait, .manyLossesWait]
        case .countsNobody, .holdsWhateverIsLost: [.manyLossesWait]
        case .deletesServersUnasked: [.serversStay]
        }
    }

    /// Where the search begins: it was found to show here, or soon after.
    fileprivate var firstSeed: UInt64 {
        switch self {
        case .dropsTheReadBack, .believesEveryClock: 66
        case .forgetsUnsettledOperations: 20
        case .ignoresRetryAfter, .neverAudits: 14
        case .countsNobody: 15
        case .clearsWhatIsLeftOut: 12
        case .handsAccountsOver: 9
        case .approvesEverything: 7
        case .ignoresBans: 6
        case .keepsTheDeleted, .suspendsNoServers, .deletesServersUnasked: 3
        case .givesTheLowestRank, .neverFollowsEmails, .decidesFromTheLastSubscriptionAlone, .endsWhatOneListLacks: 2
        case .acknowledgesBeforeTheCommit, .dropsAFold, .restartsGraceOnRepeat, .holdsWhateverIsLost, .givesNoGrace,
            .givesGraceTwice, .revokesWithoutSettling, .forgetsTheBaseline, .deletesAccountsEarly, .takesNoRanks:
            1
        }
    }
}
