import Oracle
import PanelSimulator

/// Draws a whole story from a seed.
package struct StoryWriter {
    var random: RandomSource
    /// What came to the stories later draws from a source of its own, so that what was drawn before stays as it was.
    private var secondRandom: RandomSource
    let seed: UInt64
    let start = Moment(1_800_000_000_000)
    var acts: [Act] = []
    var people: [Story.Person] = []
    var nextSubscription = 1
    var nextDecree = 1
    /// What the billing system knows of each subscription, step by step, whatever it tells of that.
    var known: [Telling] = []
    /// When it forgets customers or single subscriptions.
    var gone: [Int: Moment] = [:]
    /// How many customers there are and how long it lasts, where that is not drawn.
    private var crowd: (customers: Int, length: Span)?
    /// By when everybody has bought for the first time.
    var opening: Span { crowd.map { Span($0.length.milliseconds / 2) } ?? .days(6) }
    /// Whether its events leave out what it thinks to be known.
    var isTerse = false

    /// Writes the story of a seed, in which about so many things happen; with a disaster if one is named, else perhaps with some.
    package static func write(seed: UInt64, steps: Int, disaster: Disaster? = nil) -> Story {
        var writer = StoryWriter(random: RandomSource(seed: seed), seed: seed)
        return writer.write(steps: steps, disaster)
    }

    /// Writes a short story of a seed with so many customers.
    package static func crowd(seed: UInt64, customers: Int, days: Int64) -> Story {
        var writer = StoryWriter(random: RandomSource(seed: seed), seed: seed)
        writer.crowd = (customers, .days(days))
        return writer.write(steps: .max, nil)
    }

    init(random: RandomSource, seed: UInt64) {
        self.random = random
        secondRandom = RandomSource(seed: seed ^ 0x5EC0)
        self.seed = seed
    }

    private mutating func write(steps: Int, _ disaster: Disaster?) -> Story {
        let rules = drawRules()
        let servers = ["Frost I", "Frost II", "Creative I", "Lobby"] + (chance(50) ? ["Creative II", "Staff"] : [])
        var offer = chance(40) ? Self.offer : Self.offer.withoutRanks
        if chance(35) { offer.tiers.append(Self.kingdom) }
        isTerse = aside { $0.chance(25) }
        let length = crowd?.length ?? .days(Int64(pick(8...24)))
        let end = start + length
        let count = crowd?.customers ?? max(1, min(steps / 12, chance(10) ? max(40, steps / 24) : pick(2...12)))
        for number in 1...count { writeLife(of: number, offer: offer, until: end) }
        if chance(50) { writeLists(until: end) }
        forgetWhatIsGone()
        writeWeather(until: end)
        writeKills(until: end)
        writeHands(servers: servers, until: end)
        writeReforms(of: offer, until: end)
        writeApprovals(until: end)
        if chance(25) { writeClocks(until: end) }
        if offer.tiers.contains(where: \.hasServer), chance(50) { writeLossOfNode(until: end) }
        aside { writer in
            guard let disaster = writer.drawDisaster(of: offer, unless: disaster) else { return }
            writer.write(disaster, offer: offer, until: end)
        }
        return story(rules, offer, servers, until: end, steps: steps)
    }

    func story(_ rules: Rules, _ offer: Offer, _ servers: [String], until end: Moment, steps: Int = .max) -> Story {
        let drawn = acts.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
        return Story(
            seed: seed,
            rules: rules,
            offer: offer,
            servers: servers,
            people: people,
            acts: drawn.map(\.element).filter { $0.at <= end }.prefix(steps).map(\.self),
            start: start,
            end: end
        )
    }

    mutating func drawRules() -> Rules {
        Rules(
            grace: .days(Int64(pick(1...5))),
            settle: .seconds(60),
            auditEvery: [Span.minutes(30), .hours(2), .hours(6)].randomElement(using: &random) ?? .hours(2),
            longestRetry: .minutes(30),
            accountRetention: .days(Int64(pick(3...30))),
            bounds: chance(30) ? .nobody : drawBounds()
        )
    }

    private mutating func drawDisaster(of offer: Offer, unless named: Disaster?) -> Disaster? {
        guard crowd == nil else { return nil }
        let hasServers = offer.tiers.contains(where: \.hasServer)
        guard named != nil || chance(40) else {
            // Where people have servers of their own, these came to the stories later.
            let late = Disaster.allCases.filter(\.replacesLedgerOrPanel)
            return hasServers && chance(20) ? late.randomElement(using: &random) : nil
        }
        let early = Disaster.allCases.filter { !hasServers || !$0.replacesLedgerOrPanel }
        let drawn = early.randomElement(using: &random)
        return named ?? drawn
    }

    private mutating func drawBounds() -> Rules.Bounds {
        Rules.Bounds(customers: pick(1...4), share: pick(2...6) * 10, window: .minutes(Int64(pick(1...6) * 10)))
    }

    /// What the owner sells at first.
    static let offer = Offer(tiers: [
        Offer.Tier(
            name: "awakened",
            products: ["awakened"],
            access: [Offer.Access(beginning: "Frost", permissions: ["control.console"])],
            rank: Offer.Rank(group: "awakened", beginning: "Frost")
        ),
        Offer.Tier(
            name: "elemental",
            products: ["fire", "frost"],
            access: [
                Offer.Access(beginning: "Frost", permissions: ["control.console", "file.read"]),
                Offer.Access(beginning: "Creative", permissions: ["control.start"]),
            ],
            rank: Offer.Rank(group: "elemental", beginning: "Frost")
        ),
        Offer.Tier(
            name: "ascended",
            products: ["ascended"],
            access: [Offer.Access(beginning: "", permissions: ["file.read", "backup.read"])],
            rank: Offer.Rank(group: "ascended", beginning: "")
        ),
    ])

    /// A tier whose subscribers have a server of their own.
    static let kingdom = Offer.Tier(
        name: "kingdom",
        products: ["kingdom", "empire"],
        access: [Offer.Access(beginning: "Creative", permissions: ["control.console", "control.start"])],
        hasServer: true
    )

    // MARK: Drawing

    mutating func aside<Value>(_ draw: (inout Self) -> Value) -> Value {
        swap(&random, &secondRandom)
        defer { swap(&random, &secondRandom) }
        return draw(&self)
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    mutating func pick(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    mutating func span(_ range: ClosedRange<Span>) -> Span {
        Span(Int64.random(in: range.lowerBound.milliseconds...range.upperBound.milliseconds, using: &random))
    }

    mutating func moment(until end: Moment) -> Moment {
        start + span(.zero...(end - start))
    }
}
