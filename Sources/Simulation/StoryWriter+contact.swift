import Oracle

/// What becomes of customers apart from what they buy, and what is left out where it is told.
extension StoryWriter {
    mutating func writeEmails(of person: inout Story.Person, until end: Moment) {
        guard chance(25) else { return }
        let moments = (0..<pick(1...2)).map { _ in wholeSecond(moment(until: end)) }.sorted()
        for (place, moment) in moments.enumerated() {
            // Another address, the same one in capitals, or the first one again.
            let email = [
                "player\(person.number)+\(place)@example.test", "PLAYER\(person.number)@EXAMPLE.TEST", person.email,
            ].randomElement(using: &random)
            guard let email, email != person.email(at: moment) else { continue }
            person.laterEmails.append((moment, email))
            let telling = CustomerTelling(customer: person.number, kind: .updated, at: moment, email: email)
            var passage = Passage(delay: chance(80) ? span(.zero...(.seconds(5))) : span(.zero...(.hours(6))))
            passage.isLost = chance(15)
            acts.append(Act(at: moment, customer: person.number, what: .say(.customer(telling), passage)))
        }
    }

    /// Some type what is no name, and put it right; some play under another name later.
    mutating func drawPlayers(of person: inout Story.Person, until end: Moment) {
        if chance(12) { person.players[0].typed = Self.hostileNames.randomElement(using: &random) ?? "" }
        guard chance(25) else { return }
        let typed =
            person.players[0].typed == Story.playerName(person.number)
            ? (chance(80) ? "Second_\(person.number)" : Self.hostileNames.randomElement(using: &random) ?? "")
            : Story.playerName(person.number)
        person.players.append((wholeSecond(moment(until: end)), typed))
    }

    private static let hostileNames = [
        "", " ", "Player_1 parent set owner", "Player_1\nop Eve", "Player_1;stop", "\"Player_1\"", "{uuid}", "Plаyer_1",
        "a_name_that_is_longer_than_any", "--", "../Player_1", "§4Player",
    ]

    /// A customer changes what they typed, which every subscription that they have by then tells as an update.
    mutating func tell(of change: (at: Moment, typed: String), in tellings: [Telling], of person: Story.Person) {
        guard var telling = tellings.last(where: { $0.at < change.at }),
            tellings.allSatisfy({ $0.at != change.at }), telling.status != .cancelled
        else { return }
        telling.kind = .updated
        telling.at = change.at
        telling.revision = max(telling.revision + 1, change.at.milliseconds)
        telling.email = person.email(at: change.at)
        telling.player = change.typed
        known.append(telling)
        let passage = Passage(delay: aside { $0.span(.zero...(.seconds(5))) })
        acts.append(Act(at: change.at, customer: person.number, what: .say(.telling(telling), passage)))
    }

    /// The billing system deletes a customer with all that they ever bought, and speaks of none of it from then on.
    mutating func writeDeletion(of person: Story.Person, until end: Moment) {
        let moment = wholeSecond(moment(until: end))
        for subscription in person.subscriptions { gone[subscription] = moment }
        let telling = CustomerTelling(customer: person.number, kind: .deleted, at: moment, email: nil)
        let passage = Passage(delay: span(.zero...(.minutes(5))), losesAnswer: chance(10))
        acts.append(Act(at: moment, customer: person.number, what: .say(.customer(telling), passage)))
    }

    /// Leaves out what could be known already, also where it is news.
    mutating func shorten(_ telling: inout Telling) {
        if chance(30) { telling.product = nil }
        if chance(30) { telling.status = nil }
        if chance(30) { telling.email = nil }
        if chance(30) { telling.player = nil }
        if chance(30) { telling.paidThrough = .unsaid }
        if chance(30) { telling.endsAt = .unsaid }
    }

    /// Nothing is told of what the billing system has forgotten.
    mutating func forgetWhatIsGone() {
        acts.removeAll { act in
            switch act.what {
            case .say(.telling(let telling), _): gone[telling.subscription].map { telling.at > $0 } ?? false
            case .say(.customer(let telling), _):
                telling.kind == .updated
                    && people.contains { person in
                        person.number == telling.customer
                            && person.subscriptions.allSatisfy { gone[$0].map { telling.at > $0 } ?? false }
                    }
            default: false
            }
        }
    }

    /// The contract's dates are written to the second.
    func wholeSecond(_ moment: Moment) -> Moment {
        Moment(moment.milliseconds / 1000 * 1000)
    }
}
