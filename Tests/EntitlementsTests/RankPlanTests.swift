import Entitlements
import Testing

/// What is sent to a console, from what was sent and what should be.
struct RankPlanTests {
    static let knight = LuckPermsGroup("knight")
    static let squire = LuckPermsGroup("squire")

    static let catalog: Catalog = {
        func template(_ text: String) -> CommandTemplate {
            do { return try CommandTemplate(text) } catch { preconditionFailure("\(text) is no template: \(error)") }
        }
        return Catalog(
            tiers: [
                Tier(
                    id: "squire",
                    rank: 1,
                    products: ["fire"],
                    luckPerms: squire.map { TierRank(group: $0, servers: "frost") },
                    commands: TierCommands(
                        servers: "frost",
                        grant: [template("hail {player}")],
                        end: [template("bye {player}")]
                    )
                ),
                Tier(
                    id: "knight",
                    rank: 2,
                    products: ["storm"],
                    luckPerms: knight.map { TierRank(group: $0, servers: "frost") },
                    commands: TierCommands(
                        servers: "frost",
                        grant: [template("grant {player} {tier} {expires_unix}")],
                        renew: [template("renew {player} {expires_unix}")],
                        change: [template("change {player} {tier}")],
                        end: [template("end {player} {tier}")],
                        refund: [template("refund {player}")]
                    )
                ),
            ],
            groups: [Shop.frost]
        )
    }()

    static func perk(_ tier: TierID, until day: Double, own: Bool = false) -> Perk {
        Perk(
            tier: tier,
            rank: tier == "knight" ? 2 : 1,
            expires: .day(day),
            group: own ? nil : tier == "knight" ? knight : squire,
            hasCommands: own
        )
    }

    static func share(_ customer: String = "77", _ perks: (SubscriptionID, Perk)...) -> OwnedShare {
        var share = RankShare(RankKey(target: .named("network"), player: known("Steve")))
        for (id, perk) in perks {
            share.perks[GrantReason(source: .subscription(id), tier: perk.tier, product: nil)] = perk
        }
        return OwnedShare(customer: .id(customer), share: share)
    }

    /// What LuckPerms and the console do with what is sent, as one story.
    struct Game {
        var situation = RankSituation(player: known("Steve"))
        var groups: [String: Int64] = [:]
        var log: [String] = []

        mutating func plays(_ shares: OwnedShare..., on day: Double, losing lost: Int? = nil) {
            situation.shares = shares
            let plan = planRank(situation, catalog: RankPlanTests.catalog, now: .day(day))
            var sent = 0
            for step in plan.steps {
                situation.record.begin(step)
                for command in step.commands {
                    if let lost, sent >= lost { return }
                    sent += 1
                    log.append(command.text)
                    take(command.text, at: Timestamp.day(day).unixSeconds)
                }
                situation.record.finish(step, at: .day(day))
            }
            situation.resend = .nothing
        }

        private mutating func take(_ line: String, at now: Int64) {
            let words = line.split(separator: " ").map(String.init)
            guard words[0] == "lp" else { return }
            if words[4] == "addtemp", let end = Int64(words[6]), end > now {
                groups[words[5]] = max(end, groups[words[5]] ?? 0)
            } else if words[4] == "removetemp" {
                groups[words[5]] = nil
            }
        }

        func last(_ count: Int) -> [String] { Array(log.suffix(count)) }
    }

    static func unix(_ day: Double) -> Int64 { Timestamp.day(day).unixSeconds }

    @Test func `a rank is given until its end, and given again only when that moves`() {
        var game = Game()
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 37))), on: 0)
        #expect(game.log == ["lp user Steve parent addtemp knight \(Self.unix(37)) replace"])
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 37))), on: 0.5)
        #expect(game.log.count == 1)
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 67))), on: 0.6)
        #expect(game.last(1) == ["lp user Steve parent addtemp knight \(Self.unix(67)) replace"])
        #expect(game.groups == ["knight": Self.unix(67)])
    }

    @Test func `a shorter end is taken and given anew, since replace never shortens (edge case 24)`() {
        var game = Game()
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 37))), on: 0)
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 20))), on: 0.1)
        #expect(
            game.last(2) == [
                "lp user Steve parent removetemp knight",
                "lp user Steve parent addtemp knight \(Self.unix(20)) replace",
            ]
        )
        #expect(game.groups == ["knight": Self.unix(20)])
    }

    @Test func `another tier is given before the old one is taken, so that there is no moment without a rank`() {
        var game = Game()
        game.plays(Self.share("77", ("a", Self.perk("squire", until: 37))), on: 0)
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 37))), on: 0.1)
        #expect(
            game.last(2) == [
                "lp user Steve parent addtemp knight \(Self.unix(37)) replace",
                "lp user Steve parent removetemp squire",
            ]
        )
    }

    @Test func `early renewal beside the old one never shortens, whatever ends first (edge cases 22 and 38)`() {
        var game = Game()
        game.plays(Self.share("77", ("old", Self.perk("knight", until: 37))), on: 0)
        game.plays(
            Self.share("77", ("old", Self.perk("knight", until: 37)), ("new", Self.perk("knight", until: 60))),
            on: 0.1
        )
        #expect(game.groups == ["knight": Self.unix(60)])
        game.plays(Self.share("77", ("new", Self.perk("knight", until: 60))), on: 0.2)
        #expect(game.groups == ["knight": Self.unix(60)])
        #expect(game.log.count == 2, "the end of the old one sends nothing")
    }

    @Test func `two customers who name one player are one player: the highest tier, then what is left`() {
        var game = Game()
        let ada = Self.share("77", ("a", Self.perk("knight", until: 10)))
        let bob = Self.share("88", ("b", Self.perk("squire", until: 37)))
        game.plays(ada, bob, on: 0)
        #expect(game.groups == ["knight": Self.unix(10)])
        game.situation.shares = [ada, bob]
        #expect(planRank(game.situation, catalog: Self.catalog, now: .day(0.1)).dueAt == .day(1), "sent again daily")
        game.plays(ada, bob, on: 10)
        #expect(game.groups == ["squire": Self.unix(37)], "at the end of the higher one, at once")
        game.plays(bob, on: 10.1)
        #expect(game.groups == ["squire": Self.unix(37)])
    }

    @Test func `the end takes what was given, and a ban of any customer who names the player takes all`() {
        var game = Game()
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 37))), on: 0)
        game.situation.bannedWith = .id("88")
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 37))), on: 1)
        #expect(game.groups.isEmpty)
        game.situation.bannedWith = nil
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 37))), on: 2)
        #expect(game.groups == ["knight": Self.unix(37)])
        game.plays(on: 3)
        #expect(game.last(1) == ["lp user Steve parent removetemp knight"])
        #expect(game.situation.record.isEmpty)
    }

    @Test func `a mere name is sent again daily, a uuid never (edge case 23)`() {
        var game = Game()
        let share = Self.share("77", ("a", Self.perk("knight", until: 37)))
        game.plays(share, on: 0)
        game.plays(share, on: 0.99)
        #expect(game.log.count == 1)
        game.plays(share, on: 1)
        #expect(game.log.count == 2)
        game.situation.player = known("069a79f4-44e9-4726-a5be-fca90e38aaf5")
        game.plays(share, on: 5)
        #expect(game.log.count == 2)
        #expect(planRank(game.situation, catalog: Self.catalog, now: .day(5)).dueAt == nil)
    }

    @Test func `what lies in the past is not sent, as LuckPerms would refuse it`() {
        var game = Game()
        game.plays(Self.share("77", ("a", Self.perk("knight", until: 1))), on: 2)
        #expect(game.log.isEmpty)
    }

    @Test func `the owner's commands tell grant, renewal, change, end and refund, each once`() {
        var game = Game()
        func plays(_ tier: TierID?, until day: Double, on now: Double) -> [String] {
            let before = game.log.count
            if let tier {
                game.plays(Self.share("77", ("a", Self.perk(tier, until: day, own: true))), on: now)
            } else {
                game.plays(on: now)
            }
            return Array(game.log.dropFirst(before))
        }
        #expect(plays("knight", until: 37, on: 0) == ["grant Steve knight \(Self.unix(37))"])
        #expect(plays("knight", until: 37, on: 1) == [])
        #expect(plays("knight", until: 67, on: 2) == ["renew Steve \(Self.unix(67))"])
        #expect(plays("squire", until: 67, on: 3) == ["end Steve knight", "hail Steve"], "no change of its own")
        #expect(plays("squire", until: 97, on: 4) == [], "a grant that names no end needs no renewal")
        #expect(plays("knight", until: 97, on: 5) == ["change Steve knight"])
        game.situation.wasRefunded = true
        #expect(plays(nil, until: 0, on: 6) == ["refund Steve"])
        game.situation.wasRefunded = false
        #expect(plays("squire", until: 37, on: 7) == ["hail Steve"])
        #expect(plays(nil, until: 0, on: 8) == ["bye Steve"])
        game.situation.resend = .everything
        #expect(plays(nil, until: 0, on: 9) == [])
    }

    @Test func `a wiped server gets rank and grant once more (edge case 25)`() {
        var game = Game()
        let both = Perk(tier: "knight", rank: 2, expires: .day(37), group: Self.knight, hasCommands: true)
        game.plays(Self.share("77", ("a", both)), on: 0)
        #expect(game.log.count == 2)
        game.situation.resend = .ranks
        game.plays(Self.share("77", ("a", both)), on: 0.1)
        #expect(game.log.count == 3)
        game.situation.resend = .everything
        game.plays(Self.share("77", ("a", both)), on: 0.2)
        #expect(
            game.last(2) == [
                "lp user Steve parent addtemp knight \(Self.unix(37)) replace", "grant Steve knight \(Self.unix(37))",
            ]
        )
    }

    /// Lost answers and crashes anywhere, any order of ends and renewals: in the end the player has what is paid for, and nothing else.
    @Test(arguments: 0..<60)
    func `whatever is lost or repeated on the way, all paid time is there and no more (edge cases 20, 22, 44)`(
        _ seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        var game = Game()
        var now = 0.0
        var shares: [OwnedShare] = []
        for _ in 0..<60 {
            now += Double.random(in: 0.01...3, using: &random)
            shares = (0..<Int.random(in: 0...3, using: &random)).map { number in
                let tier: TierID = random.chance(1, in: 2) ? "knight" : "squire"
                let end = now + Double.random(in: 0.5...40, using: &random)
                return Self.share("\(number)", (SubscriptionID("s\(number)"), Self.perk(tier, until: end)))
            }
            play(&game, shares, on: now, losing: random.chance(1, in: 2) ? Int.random(in: 0...2, using: &random) : nil)
        }
        now += 0.01
        play(&game, shares, on: now, losing: nil)
        let current = shares.flatMap(\.share.perks.values).filter { $0.expires > .day(now) }
        let best = current.max { ($0.rank, $0.expires) < ($1.rank, $1.expires) }
        let expected = best.flatMap { best in best.group.map { [$0.name: best.expires.unixSeconds] } } ?? [:]
        let live = game.groups.filter { $0.value > Self.unix(now) }
        #expect(live == expected, "seed \(seed)")
        #expect(!game.log.contains { line in [" add ", " remove ", " set ", " clear"].contains { line.contains($0) } })
    }

    private func play(_ game: inout Game, _ shares: [OwnedShare], on day: Double, losing lost: Int?) {
        switch shares.count {
        case 0: game.plays(on: day, losing: lost)
        case 1: game.plays(shares[0], on: day, losing: lost)
        case 2: game.plays(shares[0], shares[1], on: day, losing: lost)
        default: game.plays(shares[0], shares[1], shares[2], on: day, losing: lost)
        }
    }
}
