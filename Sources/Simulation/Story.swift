package import Oracle

/// What happens to a community in a simulation: everything that does not come from the engine.
package struct Story: Sendable {
    package struct Person: Sendable {
        package var number: Int
        package var email: String
        /// What their e-mail becomes, and when.
        package var laterEmails: [(at: Moment, email: String)] = []
        package var name: String
        /// What they typed for their player's name, and from when on.
        package var players: [(at: Moment, typed: String)]
        /// Whether there is a panel account from before.
        package var hasAccount: Bool
        /// Whether the player has been on the servers from before.
        package var hasJoined = true
        package var subscriptions: [Int]

        func player(at moment: Moment) -> String {
            players.last { $0.at <= moment }?.typed ?? ""
        }

        func email(at moment: Moment) -> String {
            laterEmails.last { $0.at <= moment }?.email ?? email
        }
    }

    package var seed: UInt64
    package var rules: Rules
    package var offer: Offer
    package var servers: [String]
    package var people: [Person]
    /// In the order of their moments.
    package var acts: [Act]
    package var start: Moment
    /// When the last thing happens; from then on nothing stands in the way.
    package var end: Moment
    /// When the oracle judges, beside every six hours.
    package var judgements: [Moment] = []

    package var blows: [Blow] {
        acts.compactMap { act in
            if case .blow(let blow) = act.what { blow } else { nil }
        }
    }

    /// Whether any configuration of it gives ranks in game.
    var givesRanks: Bool {
        let reloaded = acts.compactMap { act -> Offer? in
            if case .reload(let offer) = act.what { offer } else { nil }
        }
        return ([offer] + reloaded).contains { $0.tiers.contains { $0.rank != nil } }
    }

    var setsClock: Bool {
        acts.contains { act in
            if case .setClock = act.what { true } else { false }
        }
    }
}

/// One thing that happens.
package struct Act: Sendable {
    package var at: Moment
    /// Whom it is about, so that a shorter story can do without them.
    package var customer: Int?
    package var what: What

    package init(at moment: Moment, customer: Int? = nil, what: What) {
        at = moment
        self.customer = customer
        self.what = what
    }

    package enum What: Sendable {
        case say(Word, Passage)
        case decree(Decree)
        case endDecree(Int)
        /// A person approves all that is held.
        case approve
        case hand(Hand)
        /// A customer's player comes to the servers, and so can be addressed by name.
        case join(customer: Int)
        case weather(Weather)
        /// The process is killed after so many more uses of ledger and panel, and is started again after a while.
        case kill(afterUses: Int, downtime: Span)
        case reload(Offer)
        /// The service's clock is set so far from the true time, which the panel and the billing system have.
        case setClock(Span)
        case blow(Blow)
    }
}

/// What befalls ledger or panel as a whole, and what people do about it.
package enum Blow: Hashable, Sendable {
    /// Somebody keeps a copy of the ledger, or of the panel's database.
    case copyLedger
    case copyPanel
    /// The copy takes the ledger's place; one that `backup` made says so itself.
    case restoreLedger(saysSo: Bool)
    /// The copy takes the panel's place, and so many strangers get accounts and servers there, with ids that were others'.
    case restorePanel(strangers: Int, servers: Int)
    /// The panel is again what it was before the copy took its place.
    case undoRestore
    /// The copy stays in the panel's place, unless most of what was known by its ids is others' by now: then that is undone.
    case keepRestored
    /// Another panel answers at the address, and then the right one again.
    case misdirect
    case redirect
    /// A person has looked, and says that it may go on.
    case enforce
    case unlock
}

/// What the billing system sends in one delivery.
package enum Word: Sendable {
    case telling(Telling)
    case customer(CustomerTelling)
    case list(FullList)
}

/// All that the billing system knows at a moment, each subscription as it last was.
package struct FullList: Sendable {
    package var number: Int
    package var at: Moment
    package var entries: [Telling]
}

/// How a delivery comes to us.
package struct Passage: Sendable {
    package var delay: Span
    /// Whether it never comes.
    package var isLost = false
    /// Whether the first acknowledgement is lost, so that it comes again.
    package var losesAnswer = false
    /// When it comes again although it was acknowledged, after the first time.
    package var repeats: [Span] = []
}

extension Passage {
    /// One that nothing befalls.
    package static let smooth = Passage(delay: .zero)
}

/// What people do on the panel.
package enum Hand: Sendable {
    case give(customer: Int, server: Int, permissions: Set<String>)
    case take(customer: Int, server: Int)
    case rename(server: Int, to: String)
    case addServer(String)
    case deleteServer(Int)
    case suspend(server: Int)
    case unsuspend(server: Int)
    /// A game server's machine is switched off and on.
    case stop(server: Int)
    case start(server: Int)
    /// The machine of all servers cannot be reached by the panel, which takes back what it had begun there.
    case loseNode
    case regainNode
}

/// What stands between the service and the panel, from some moment on.
package struct Weather: Sendable {
    package enum Mishap: String, CaseIterable, Sendable {
        case slow
        case failsBefore
        case failsAfter
        case answerIsLost
        case requestIsLost
        case answersWithPage
        case pageAfterEffect
        case isUnderMaintenance
        case refusesKey
        case asksToWait
        case isUnreachable
    }

    /// How many requests in a thousand meet each.
    package var chances: [(mishap: Mishap, perMille: Int)]

    package static let fair = Weather(chances: [])

    package init(chances: [(mishap: Mishap, perMille: Int)]) {
        self.chances = chances
    }

    package var isFair: Bool { chances.isEmpty }
}
