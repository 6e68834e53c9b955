import Oracle

/// What befalls everybody at once (DESIGN §4).
package enum Disaster: String, Sendable, CaseIterable {
    /// A copy of the ledger takes its place, and lacks what happened since.
    case olderLedger
    /// A backup of the panel takes its place, and ids are given anew to others, until that is undone, or for good.
    case olderPanel
    /// Somebody else's panel answers at the address for a while.
    case wrongAddress
    /// Nothing is heard of the billing system for days.
    case silence
    /// A product, or a whole tier, is missing from the configuration.
    case forgottenProduct
    /// A pattern is mistyped, and matches no server.
    case mistypedPattern

    /// Whether ledger or panel are not the ones that they were.
    var replacesLedgerOrPanel: Bool {
        switch self {
        case .olderLedger, .olderPanel, .wrongAddress: true
        case .silence, .forgottenProduct, .mistypedPattern: false
        }
    }
}

extension StoryWriter {
    mutating func write(_ disaster: Disaster, offer: Offer, until end: Moment) {
        switch disaster {
        case .olderLedger: writeOlderLedger()
        case .olderPanel: writeOlderPanel()
        case .wrongAddress: writeWrongAddress()
        case .silence: writeSilence(until: end)
        case .forgottenProduct: writeSlip(of: offer, until: end) { $0.forgetProduct(in: &$1) }
        case .mistypedPattern: writeSlip(of: offer, until: end) { $0.mistypePattern(in: &$1) }
        }
    }

    private mutating func befall(_ blow: Blow, at moment: Moment) {
        acts.append(Act(at: moment, what: .blow(blow)))
    }

    /// A person has the billing system send everything, and then says that it may go on.
    private mutating func writeOlderLedger() {
        let copied = start + span(.days(1)...(.days(4)))
        let restored = copied + span(.hours(2)...(.days(2)))
        // After an audit, which by then has seen accounts that the ledger does not know.
        let told = restored + span(.hours(7)...(.hours(12)))
        let trusted = told + span(.minutes(10)...(.hours(6)))
        befall(.copyLedger, at: copied)
        befall(.restoreLedger(saysSo: chance(50)), at: restored)
        acts.append(Act(at: told, what: .say(.list(list(10_000, at: told)), .smooth)))
        befall(.enforce, at: trusted)
    }

    private mutating func writeOlderPanel() {
        let copied = start + span(.hours(1)...(.days(2)))
        let restored = copied + span(.hours(6)...(.days(4)))
        let settled = restored + span(.hours(1)...(.days(1)))
        let strangers = pick(1...6)
        let stays = chance(40)
        befall(.copyPanel, at: copied)
        befall(.restorePanel(strangers: strangers, servers: stays ? pick(0...2) : 0), at: restored)
        befall(stays ? .keepRestored : .undoRestore, at: settled)
        lookNowAndThen(after: settled)
    }

    private mutating func writeWrongAddress() {
        let wrong = start + span(.days(1)...(.days(6)))
        let right = wrong + span(.minutes(30)...(.days(1)))
        befall(.misdirect, at: wrong)
        befall(.redirect, at: right)
        lookNowAndThen(after: right)
    }

    /// An alert goes out as often as the panel is locked, so a person looks more than once.
    private mutating func lookNowAndThen(after moment: Moment) {
        for count in 1...8 { befall(.unlock, at: moment + .hours(2) * Int64(count)) }
    }

    /// What is said meanwhile waits with the sender until it can be sent again.
    private mutating func writeSilence(until end: Moment) {
        let from = start + span(.days(1)...(.days(5)))
        let until = min(from + span(.days(2)...(.days(9))), end - .hours(12))
        for index in acts.indices {
            guard case .say(let word, var passage) = acts[index].what, !passage.isLost, acts[index].at < until else {
                continue
            }
            passage.repeats = []
            if acts[index].at + passage.delay >= from {
                passage.delay = until - acts[index].at + span(.zero...(.minutes(10)))
            }
            acts[index].what = .say(word, passage)
        }
    }

    /// The owner reloads a configuration with a slip in it, and mostly one without it later.
    private mutating func writeSlip(of offer: Offer, until end: Moment, _ slip: (inout Self, inout Offer) -> Void) {
        let from = start + span(.days(1)...(.days(6)))
        let reloads = acts.filter { $0.at <= from }.sorted { $0.at < $1.at }
        let present = reloads.compactMap { act -> Offer? in
            if case .reload(let offer) = act.what { offer } else { nil }
        }.last
        let right = present ?? offer
        var wrong = right
        slip(&self, &wrong)
        acts.append(Act(at: from, what: .reload(wrong)))
        guard chance(70) else { return }
        acts.append(Act(at: min(from + span(.hours(1)...(.days(2))), end - .hours(6)), what: .reload(right)))
    }

    private mutating func forgetProduct(in offer: inout Offer) {
        let tier = pick(0...(offer.tiers.count - 1))
        if chance(50) {
            offer.tiers.remove(at: tier)
        } else {
            offer.tiers[tier].products.removeFirst()
            if offer.tiers[tier].products.isEmpty { offer.tiers[tier].products = ["nobody-\(tier)"] }
        }
    }

    private mutating func mistypePattern(in offer: inout Offer) {
        let tier = pick(0...(offer.tiers.count - 1))
        guard let access = offer.tiers[tier].access.indices.randomElement(using: &random) else { return }
        let typo = "Frots"
        offer.tiers[tier].access[access].beginning = typo
        if chance(50) { offer.tiers[tier].rank?.beginning = typo }
    }
}
