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
    fileprivate var breaks: Set<Violation.Rule> { [] }

    /// Where the search begins: those that show in few stories were found to show soon after here.
    fileprivate var firstSeed: UInt64 {
        switch self {
        case .keepsTheDeleted, .clearsWhatIsLeftOut, .neverFollowsEmails, .handsAccountsOver, .deletesAccountsEarly,
            .takesNoRanks,
            .suspendsNoServers, .deletesServersUnasked:
            1
        case .dropsTheReadBack: 66
        case .believesEveryClock: 32
        case .forgetsUnsettledOperations: 20
        case .ignoresRetryAfter, .neverAudits, .countsNobody: 14
        case .ignoresBans: 4
        case .approvesEverything: 6
        case .givesTheLowestRank: 2
        case .acknowledgesBeforeTheCommit, .dropsAFold, .decidesFromTheLastSubscriptionAlone, .restartsGraceOnRepeat,
            .holdsWhateverIsLost, .endsWhatOneListLacks,
            .givesNoGrace, .givesGraceTwice, .revokesWithoutSettling, .forgetsTheBaseline:
            1
        }
    }
}
