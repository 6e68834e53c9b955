package import Oracle
import PanelSimulator

/// Stories that are not drawn freely but made to show one thing.
extension StoryWriter {
    private static let servers = ["Frost I", "Frost II", "Creative I", "Creative II", "Lobby", "Staff"]

    /// So many customers under every mishap at once, for all but the first hour of four days, and two kills.
    package static func siege(seed: UInt64, customers: Int) -> Story {
        var writer = StoryWriter(random: RandomSource(seed: seed), seed: seed)
        return writer.writeSiege(of: customers)
    }

    private mutating func writeSiege(of count: Int) -> Story {
        let rules = drawRules()
        let end = start + .days(4)
        for number in 1...count { writeLife(of: number, offer: Self.offer, until: end) }
        let mishaps = Weather.Mishap.allCases.map { (mishap: $0, perMille: pick(5...40)) }
        acts.append(Act(at: start + .hours(1), what: .weather(Weather(chances: mishaps))))
        // Nobody could be judged by what people changed or restarted just before.
        let last = end - .hours(12)
        for _ in 0..<2 {
            let kill = Act.What.kill(afterUses: pick(0...100), downtime: span(.seconds(1)...(.hours(2))))
            acts.append(Act(at: moment(until: last), what: kill))
        }
        forgetWhatIsGone()
        writeHands(servers: Self.servers, until: last)
        writeApprovals(until: end)
        return story(rules, Self.offer, Self.servers, until: end)
    }

    /// So many customers who bought something for good within the first ten minutes, and nothing else that happens.
    package static func community(
        customers: Int,
        auditEvery: Span,
        until end: Span,
        hasRanks: Bool = false,
        hasServers: Bool = false
    ) -> Story {
        var writer = StoryWriter(random: RandomSource(seed: 1), seed: 1)
        let offer = hasServers ? Offer(tiers: [Self.kingdom]) : hasRanks ? Self.offer : Self.offer.withoutRanks
        let rules = Rules(
            grace: .days(7),
            settle: .seconds(60),
            auditEvery: auditEvery,
            // Nothing fails in this story, so there is no step to wait for.
            longestRetry: .zero,
            accountRetention: .days(30)
        )
        var story = writer.story(rules, offer, Self.servers, until: writer.start + end)
        for number in 1...customers {
            let at = story.start + Span(Span.minutes(10).milliseconds * Int64(number) / Int64(customers))
            story.buys(number, at: at, product: writer.drawProduct(offer))
        }
        return story
    }
}
