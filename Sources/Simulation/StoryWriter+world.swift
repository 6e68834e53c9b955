import Oracle

/// What happens around the customers.
extension StoryWriter {
    mutating func writeWeather(until end: Moment) {
        for _ in 0..<pick(0...4) {
            let from = moment(until: end)
            let until = min(from + span(.minutes(5)...(.hours(20))), end)
            let count = pick(1...4)
            let chances = Weather.Mishap.allCases.shuffled(using: &random).prefix(count).map { mishap in
                (mishap: mishap, perMille: Int.random(in: 20...300, using: &random))
            }
            acts.append(Act(at: from, what: .weather(Weather(chances: chances))))
            acts.append(Act(at: until, what: .weather(.fair)))
        }
    }

    mutating func writeKills(until end: Moment) {
        for _ in 0..<pick(0...5) {
            let uses = chance(50) ? pick(0...20) : pick(0...300)
            let downtime = chance(70) ? span(.seconds(1)...(.minutes(5))) : span(.minutes(5)...(.hours(8)))
            acts.append(Act(at: moment(until: end), what: .kill(afterUses: uses, downtime: downtime)))
        }
    }

    /// The service's clock goes wrong, by minutes or by weeks, and is put right again.
    mutating func writeClocks(until end: Moment) {
        for _ in 0..<pick(1...2) {
            let (from, until) = interval(until: end)
            let far = chance(50) ? span(.minutes(1)...(.hours(12))) : span(.hours(12)...(.days(60)))
            acts.append(Act(at: from, what: .setClock(chance(60) ? far : Span(-far.milliseconds))))
            acts.append(Act(at: until, what: .setClock(.zero)))
        }
    }

    mutating func writeHands(servers: [String], until end: Moment) {
        let permissions = ["control.console", "control.start", "file.read", "file.update", "user.read"]
        for _ in 0..<pick(0...8) {
            let customer = people.randomElement(using: &random)?.number ?? 1
            let server = pick(1...servers.count)
            let count = pick(1...3)
            let given = Set(permissions.shuffled(using: &random).prefix(count))
            let hand: Hand =
                chance(65)
                ? .give(customer: customer, server: server, permissions: given)
                : .take(customer: customer, server: server)
            acts.append(Act(at: moment(until: end), customer: customer, what: .hand(hand)))
        }
        if chance(30) { acts.append(Act(at: moment(until: end), what: .hand(.addServer("Frost New")))) }
        if chance(20) {
            let (from, until) = interval(until: end)
            let server = pick(1...servers.count)
            acts.append(Act(at: from, what: .hand(.suspend(server: server))))
            acts.append(Act(at: until, what: .hand(.unsuspend(server: server))))
        }
        for _ in 0..<pick(0...2) {
            let (from, until) = interval(until: end)
            let server = pick(1...servers.count)
            acts.append(Act(at: from, what: .hand(.stop(server: server))))
            acts.append(Act(at: until, what: .hand(.start(server: server))))
        }
    }

    /// The owner changes the configuration, and what the servers' names say.
    mutating func writeReforms(of offer: Offer, until end: Moment) {
        if chance(30) {
            var offer = offer
            for _ in 0..<pick(1...3) {
                reform(&offer)
                acts.append(Act(at: moment(until: end), what: .reload(offer)))
            }
        }
        if chance(20) {
            let name = ["Frost III", "Creative III", "Arena"].randomElement(using: &random) ?? "Arena"
            acts.append(Act(at: moment(until: end), what: .hand(.rename(server: pick(1...4), to: name))))
        }
        if chance(10) { acts.append(Act(at: moment(until: end), what: .hand(.deleteServer(pick(1...4))))) }
    }

    private mutating func reform(_ offer: inout Offer) {
        let tier = pick(0...(offer.tiers.count - 1))
        switch pick(0...4) {
        case 0: offer.tiers[tier].access[0].permissions.insert("file.update")
        case 1: offer.tiers[tier].access[0].permissions = ["control.console"]
        case 2:
            offer.tiers[tier].access[0].beginning = ["Frost", "Creative", "Lob"].randomElement(using: &random) ?? ""
        case 3: offer.tiers[tier].access.append(Offer.Access(beginning: "Lobby", permissions: ["control.start"]))
        default:
            let product = offer.tiers[tier].products.removeFirst()
            let other = (tier + 1) % offer.tiers.count
            offer.tiers[other].products.append(product)
            if offer.tiers[tier].products.isEmpty { offer.tiers[tier].products = ["nobody-\(tier)"] }
        }
    }

    private mutating func interval(until end: Moment) -> (Moment, Moment) {
        let from = moment(until: end)
        return (from, min(from + span(.minutes(5)...(.days(1))), end))
    }

    mutating func writeApprovals(until end: Moment) {
        for _ in 0..<pick(0...6) { acts.append(Act(at: moment(until: end), what: .approve)) }
    }
}
