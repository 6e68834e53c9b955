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
        #expect(broken != nil)
    }
}

extension EngineFault {
    /// Where the search begins: those that show in few stories were found to show soon after here.
    fileprivate var firstSeed: UInt64 {
        switch self {
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
