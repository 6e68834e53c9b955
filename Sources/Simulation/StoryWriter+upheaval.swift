package import Oracle

/// A change of the configuration that concerns everybody at once, and who buys meanwhile.
package enum Upheaval: String, Sendable, CaseIterable {
    /// Every tier gives one permission more on every one of its servers.
    case permissions
    /// What everybody bought is sold by a tier only now, so that all need an account.
    case accounts
    /// Every tier gives a group in game, which none did before.
    case ranks
}

extension StoryWriter {
    /// So many customers whom one reload concerns, and some who buy so long after it, one after the other; their numbers follow.
    package static func upheaval(_ upheaval: Upheaval, of customers: Int, newcomersAfter pauses: [Span]) -> Story {
        var story = community(customers: customers, auditEvery: .hours(6), until: .minutes(50))
        let reload = story.start + .minutes(30)
        var changed = Self.offer.withoutRanks
        switch upheaval {
        case .permissions:
            for tier in changed.tiers.indices { changed.tiers[tier].access[0].permissions.insert("file.update") }
        case .accounts:
            for tier in story.offer.tiers.indices { story.offer.tiers[tier].products = ["nobody-\(tier)"] }
        case .ranks:
            // So that consoles are watched from the beginning.
            let unsold = Offer.Rank(group: "unsold", beginning: "")
            story.offer.tiers.append(Offer.Tier(name: "unsold", products: ["nobody"], access: [], rank: unsold))
            changed = Self.offer
        }
        story.acts.append(Act(at: reload, what: .reload(changed)))
        for (place, pause) in pauses.enumerated() {
            let number = customers + place + 1
            story.buys(number, at: reload + pause, product: changed.tiers[0].products[0])
        }
        return story
    }
}

extension Story {
    /// Somebody who was never heard of buys something for good.
    package mutating func buys(_ number: Int, at moment: Moment, product: String) {
        let purchase = Telling(
            subscription: number,
            kind: .created,
            at: Moment(moment.milliseconds / 1000 * 1000),
            revision: moment.milliseconds,
            product: product,
            status: .active,
            email: "player\(number)@example.test",
            player: Story.playerName(number),
            paidThrough: .none,
            endsAt: .none
        )
        acts.append(Act(at: moment, customer: number, what: .say(.telling(purchase), Passage(delay: .zero))))
        people.append(
            Person(
                number: number,
                email: "player\(number)@example.test",
                name: "Player \(number)",
                players: [(start, Story.playerName(number))],
                hasAccount: false,
                subscriptions: [number]
            )
        )
    }
}
