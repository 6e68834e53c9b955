import Ledger
import Oracle
import PanelSimulator
import Provisioning
import SQLiteLedger
import Synchronization

/// One story on its way: it moves time, lets the engine's tasks go on, and lets happen what the story has happen.
struct StoryRun {
    let story: Story
    /// The ledger in its file, which another can take the place of.
    let file: LedgerFile
    var ledger: SQLiteLedger
    let mutation: Mutation
    let world: World
    let time: VirtualTime
    var agenda = Agenda()
    var engine: Engine?
    var offer: Offer
    var lives = 0
    /// Since when the service has been up; `nil` while it is down.
    var upSince: Moment?
    /// When people last changed something on the panel, or ordered something.
    var lastHand: Moment
    var decrees: Set<Int> = []
    /// When the oracle judged.
    var judgements: [Moment] = []
    /// Servers that are suspended or switched off.
    var away: Set<Int> = []
    /// Since when each customer's player has been on the servers.
    var joined: [Int: Moment] = [:]
    /// What was known when somebody kept a copy of the ledger.
    var memory: World.Memory?
    var panelCopy: PanelCopy?
    /// The panel as it was before its copy took its place.
    var truePanel: PanelCopy?
    /// Whether the panel is, or lately was, not the one that was known, and no person has said yet that it is.
    var isAstray = false

    /// How many steps the engine may make while time stands still before it goes round in circles.
    static let patience = 500_000

    init(_ story: Story, in file: LedgerFile, mutation: Mutation, keepsTrace: Bool) throws {
        self.story = story
        self.file = file
        ledger = try file.open()
        self.mutation = mutation
        time = VirtualTime(start: story.start, random: RandomSource(seed: story.seed ^ 0xC10C))
        world = World(story, time: time, keepsTrace: keepsTrace)
        offer = story.offer
        lastHand = story.start
        for person in story.people where person.hasJoined { join(person.number) }
    }

    mutating func toTheEnd() throws -> Simulation.Report {
        let last = prepare()
        try start()
        while world.with({ $0.oracle.violations.isEmpty }) {
            settle()
            if mutation.unlocksByItself { _ = try engine?.unlock() }
            guard let next = [agenda.next, time.nextWaking].compactMap(\.self).min(), next <= last else { break }
            time.leap(to: next)
            while let entry = agenda.takeDue(by: time.now) { try happen(entry) }
        }
        bury()
        try ledger.close()
        return report(last)
    }

    /// Enters everything, and says when the story is over for good.
    private mutating func prepare() -> Moment {
        var latest = story.end
        for act in story.acts {
            agenda.enter(.act(act), at: act.at)
            guard case .say(_, let passage) = act.what else { continue }
            latest = max(latest, act.at + passage.delay)
        }
        let settled = story.rules.longestRetry * 2 + story.rules.auditEvery + .minutes(30)
        let approval = max(story.end, latest) + .hours(2)
        let last = approval + settled
        agenda.enter(.act(Act(at: story.end, what: .weather(.fair))), at: story.end)
        agenda.enter(.act(Act(at: story.end, what: .setClock(.zero))), at: story.end)
        agenda.enter(.act(Act(at: story.end, what: .hand(.regainNode))), at: story.end)
        if !story.blows.isEmpty { enterLastWords() }
        for server in story.servers.indices {
            for hand in [Hand.unsuspend(server: server + 1), .start(server: server + 1)] {
                agenda.enter(.act(Act(at: story.end, what: .hand(hand))), at: story.end)
            }
        }
        for hour in [Int64(0), 1] {
            agenda.enter(.act(Act(at: approval, what: .approve)), at: approval + .hours(hour) - .minutes(60))
        }
        var check = story.start + .hours(6)
        while check < last {
            agenda.enter(.judge(isLast: false), at: check)
            check = check + .hours(6)
        }
        for moment in story.judgements + [story.end + story.rules.longestRetry * 2] {
            agenda.enter(.judge(isLast: false), at: moment)
        }
        agenda.enter(.judge(isLast: true), at: last)
        return last
    }

    mutating func start() throws {
        lives += 1
        world.note("life \(lives)")
        let reason = try onTheSpot { [ledger] in try await RestoredLedger.reason(in: ledger) }
        engine = Engine(
            life: Life(number: lives),
            on: ledger,
            in: world,
            offer: offer,
            standby: mutation.minds ? reason : nil,
            mutation: mutation
        )
        upSince = time.now
    }

    /// Lets the engine's tasks go on until all of them wait for time to pass.
    mutating func settle() {
        for _ in 0..<Self.patience {
            guard time.step() else { return }
            buryIfKilled()
            if !world.with({ $0.oracle.violations.isEmpty }) { return }
        }
        let now = time.now
        world.with { $0.oracle.fail(.convergesWithoutAPerson, at: now, "the engine goes round in circles") }
    }

    mutating func buryIfKilled() {
        guard let engine, engine.life.isOver else { return }
        world.note("killed")
        bury()
        // Nothing stands in the way any more once the story is over.
        agenda.enter(.start, at: min(time.now + downtime, max(time.now, story.end)))
    }

    mutating func bury() {
        guard let engine else { return }
        if !engine.bury() {
            let now = time.now
            world.with { $0.oracle.fail(.runsAlike, at: now, "a killed process could not be unwound") }
        }
        world.with { state in
            state.lanes = 0
            state.requests = 0
        }
        self.engine = nil
        upSince = nil
    }

    /// How long the process stays away after the kill that is under way.
    var downtime = Span.seconds(10)

    private func report(_ last: Moment) -> Simulation.Report {
        world.with { state in
            if time.strangers > 0 {
                state.oracle.fail(.runsAlike, at: last, "\(time.strangers) tasks came from another thread")
            }
            return Simulation.Report(
                seed: story.seed,
                steps: time.steps,
                kills: lives - 1,
                deliveries: state.takenIn.count,
                requests: world.panel.requestCount,
                judgements: judgements,
                length: time.now - story.start,
                violations: state.oracle.violations,
                trace: state.trace
            )
        }
    }
}
