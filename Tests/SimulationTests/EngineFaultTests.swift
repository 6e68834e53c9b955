import Oracle
import Simulation
import Testing

struct EngineFaultTests {
    @Test(arguments: isThorough ? EngineFault.allCases.filter { $0.firstSeed != nil } : oneForEachRule)
    func `the oracle notices an engine that`(_ fault: EngineFault) async throws {
        let first = try #require(fault.firstSeed)
        let (held, broken) = try await Simulation.run(
            seeds: first...first + 40,
            steps: 300,
            disaster: fault.disaster,
            atOnce: 1,
            mutation: { fault.mutation }
        )
        print("\(fault.rawValue): after \(held) seeds: \(broken?.violations.first?.description ?? "not noticed")")
        let story = try #require(broken)
        let rule = try #require(story.violations.first?.rule)
        #expect(fault.breaks.contains(rule), "\(rule)")
        // Without the fault the same story holds, so it is the fault that was noticed; that is found out every night.
        if isThorough { #expect(try await Self.sound.holds(story.seed, fault.disaster)) }
    }

    /// What a change can wait for: each rule of the oracle is broken once, here or in a story of its own.
    private static let oneForEachRule: [EngineFault] = [
        .acknowledgesBeforeTheCommit, .dropsAFold, .givesNoGrace, .restartsGraceOnRepeat, .forgetsTheBaseline,
        .ignoresBans,
        .ignoresRetryAfter, .revokesWithoutSettling, .countsNobody, .deletesServersUnasked, .trustsAnyLedger,
        .saysMoreToConsoles,
    ]

    @Test func `each rule has a mistake that breaks it`() {
        let looked = Self.oneForEachRule + EngineFault.allCases.filter { $0.firstSeed == nil }
        let broken = looked.reduce(into: Set<Violation.Rule>()) { $0.formUnion($1.breaks) }
        // That a seed runs alike is found out by two processes.
        #expect(Set(Violation.Rule.allCases).subtracting(broken) == [.runsAlike])
    }

    /// Audits repair what this leaves within their interval, so that few drawn stories show it.
    @Test func `the oracle notices an engine that believes a removal whose request was lost`() async throws {
        var story = StoryWriter.community(customers: 20, auditEvery: .hours(6), until: .hours(11))
        let (from, until) = (story.start + .hours(7), story.start + .hours(7) + .minutes(20))
        // So few that the panel is not taken for one that answers nothing.
        let weather = Weather(chances: [(mishap: .requestIsLost, perMille: 200)])
        story.acts.append(Act(at: from, what: .weather(weather)))
        story.acts.append(Act(at: until, what: .weather(.fair)))
        for number in 1...20 {
            let end = Telling(
                subscription: number,
                kind: .suspended,
                at: from,
                revision: from.milliseconds,
                product: nil,
                status: .suspended,
                paidThrough: .unsaid,
                endsAt: .unsaid,
                isByHand: true
            )
            story.acts.append(Act(at: from, customer: number, what: .say(.telling(end), .smooth)))
        }
        // After every step of a retry, and before the next audit.
        story.judgements = [until + .hours(1)]
        try await expect(.dropsTheReadBack, isNoticedIn: story)
    }

    /// Such an answer is seldom lost in drawn stories, and a second server is made only then.
    @Test func `the oracle notices an engine that asks for a server again without looking for the first`() async throws
    {
        var story = StoryWriter.community(customers: 6, auditEvery: .hours(6), until: .hours(2), hasServers: true)
        let weather = Weather(chances: [(mishap: .answerIsLost, perMille: 400)])
        story.acts.insert(Act(at: story.start, what: .weather(weather)), at: 0)
        story.acts.append(Act(at: story.start + .minutes(20), what: .weather(.fair)))
        try await expect(.retriesWithoutLooking, isNoticedIn: story)
    }

    /// Somebody has to buy while the other panel answers.
    @Test func `the oracle notices an engine that goes on by itself with a panel that is another`() async throws {
        var story = StoryWriter.community(customers: 4, auditEvery: .minutes(30), until: .hours(3))
        let (wrong, right) = (story.start + .hours(1), story.start + .hours(2))
        for (blow, moment) in [(Blow.misdirect, wrong), (.redirect, right), (.unlock, right + .minutes(5))] {
            story.acts.append(Act(at: moment, what: .blow(blow)))
        }
        story.buys(5, at: wrong + .minutes(50), product: story.offer.tiers[0].products[0])
        try await expect(.unlocksByItself, isNoticedIn: story)
    }

    @Test func `the oracle notices an engine that takes what a mistyped pattern leaves out`() async throws {
        var story = StoryWriter.community(customers: 4, auditEvery: .hours(6), until: .hours(2))
        var typo = story.offer
        for tier in typo.tiers.indices { typo.tiers[tier].access[0].beginning = "Frots" }
        story.acts.append(Act(at: story.start + .hours(1), what: .reload(typo)))
        try await expect(.appliesReloadsUnasked, isNoticedIn: story)
    }

    /// A story of its own shows a fault, and holds without it.
    private func expect(_ fault: EngineFault, isNoticedIn story: Story) async throws {
        let broken = try await Simulation.run(story, mutation: fault.mutation)
        let violation = try #require(broken.violations.first)
        #expect(fault.breaks.contains(violation.rule), "\(violation)")
        #expect(try await Simulation.run(story).violations == [])
    }

    private static let sound = SoundStories()
}

/// Which stories hold where the engine has no fault.
private actor SoundStories {
    private struct Key: Hashable {
        var seed: UInt64
        var disaster: Disaster?
    }

    private var known: [Key: Bool] = [:]

    func holds(_ seed: UInt64, _ disaster: Disaster?) async throws -> Bool {
        let key = Key(seed: seed, disaster: disaster)
        if let known = known[key] { return known }
        let story = StoryWriter.write(seed: seed, steps: 300, disaster: disaster)
        let holds = try await Simulation.run(story).violations.isEmpty
        known[key] = holds
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
        case .trustsAnyLedger: [.olderLedgerWaits]
        case .worksOnAnyPanel: [.strangersAreLeftAlone, .handMadeStays, .validGrantNeverLoses]
        case .takesSilenceForAnEnd: [.validGrantNeverLoses]
        case .forgetsGraceInGame: [.validGrantNeverLoses, .convergesWithoutAPerson]
        case .endsWhatIsSoldNoMore: [.lossesWait]
        case .givesRanksForGood: [.nobodyKeepsBeyond]
        case .saysMoreToConsoles: [.consoleIsSafe]
        case .seesNoNewServer: [.convergesWithoutAPerson]
        case .retriesWithoutLooking: [.nothingTwice]
        case .unlocksByItself: [.strangersAreLeftAlone]
        case .appliesReloadsUnasked: [.lossesWait]
        }
    }

    /// What befalls everybody in the stories that show it.
    fileprivate var disaster: Disaster? {
        switch self {
        case .trustsAnyLedger: .olderLedger
        case .worksOnAnyPanel: .olderPanel
        case .takesSilenceForAnEnd: .silence
        case .endsWhatIsSoldNoMore: .forgottenProduct
        default: nil
        }
    }

    /// Where the search begins: it was found to show here, or soon after; `nil` for what has a story of its own.
    fileprivate var firstSeed: UInt64? {
        switch self {
        case .dropsTheReadBack, .retriesWithoutLooking, .unlocksByItself, .appliesReloadsUnasked: nil
        case .believesEveryClock: 66
        case .forgetsUnsettledOperations: 20
        case .ignoresRetryAfter, .neverAudits: 14
        case .countsNobody: 15
        case .clearsWhatIsLeftOut, .takesSilenceForAnEnd: 12
        case .handsAccountsOver: 9
        case .approvesEverything: 7
        case .ignoresBans: 6
        case .trustsAnyLedger: 4
        case .keepsTheDeleted, .suspendsNoServers, .deletesServersUnasked, .endsWhatIsSoldNoMore: 3
        case .givesTheLowestRank, .neverFollowsEmails, .decidesFromTheLastSubscriptionAlone, .endsWhatOneListLacks: 2
        case .acknowledgesBeforeTheCommit, .dropsAFold, .restartsGraceOnRepeat, .holdsWhateverIsLost, .givesNoGrace,
            .givesGraceTwice, .revokesWithoutSettling, .forgetsTheBaseline, .deletesAccountsEarly, .takesNoRanks,
            .worksOnAnyPanel, .forgetsGraceInGame, .givesRanksForGood, .saysMoreToConsoles, .seesNoNewServer:
            1
        }
    }
}
