import Entitlements
import Testing

/// Whatever a customer types as a player's name, every kind of command that it is put into is one line of the form that the owner wrote.
struct CommandFuzzTests {
    private static func templates(_ event: String) throws -> [CommandTemplate] {
        [try CommandTemplate("\(event) {player} as {tier} until {expires_unix}; say {{player}}")]
    }

    private static func withUUID(_ event: String) throws -> [CommandTemplate] {
        try templates(event) + [try CommandTemplate("\(event) id={uuid},{uuid} {tier}")]
    }

    private static func catalog(_ templates: (String) throws -> [CommandTemplate]) rethrows -> Catalog {
        let tiers = try ["squire", "knight"].enumerated().map { rank, name in
            Tier(
                id: TierID(name),
                rank: rank,
                products: [],
                commands: TierCommands(
                    servers: "frost",
                    grant: try templates("grant"),
                    renew: try templates("renew"),
                    change: try templates("change"),
                    end: try templates("end"),
                    refund: try templates("refund")
                )
            )
        }
        return Catalog(tiers: tiers, groups: [Shop.frost])
    }

    /// Bought, renewed, changed, ended, bought again, refunded: all that is sent meanwhile.
    private func life(of player: PlayerName, _ catalog: Catalog) -> (lines: [String], problems: [String]) {
        var situation = RankSituation(player: player)
        var (lines, problems): ([String], [String]) = ([], [])
        let course: [(TierID?, until: Double, isRefunded: Bool)] = [
            ("squire", 9, false), ("squire", 19, false), ("knight", 19, false), (nil, 0, false), ("knight", 29, false),
            (nil, 0, true),
        ]
        for (tier, end, isRefunded) in course {
            var share = RankShare(RankKey(target: .named("x"), player: player))
            if let tier {
                let reason = GrantReason(source: .subscription("1"), tier: tier, product: nil)
                share.perks = [reason: Perk(tier: tier, rank: 1, expires: .day(end), group: nil, hasCommands: true)]
            }
            situation.shares = [OwnedShare(customer: .id("77"), share: share)]
            situation.wasRefunded = isRefunded
            let plan = planRank(situation, catalog: catalog, now: .day(1))
            problems += plan.problems.map(\.sentence)
            for step in plan.steps {
                situation.record.begin(step)
                lines += step.commands.map(\.text)
                situation.record.finish(step, at: .day(1))
            }
        }
        return (lines, problems)
    }

    private static let hostile = Array(
        "abZ09_.;$/\\@{}[]*%\n\r\t\0 \u{2028}\u{202E}\u{200F}\u{0085}\u{00A0}é§'\"`|&<>,:=-+~!?#"
    ).map(String.init)
    private static let snippets = [
        "{tier}", "{uuid}", "{player}", "{expires_unix}", "}{", "\nop me", "; op me",
        "069a79f444e94726a5befca90e38aaf5",
        "069A79F4-44E9-4726-A5BE-FCA90E38AAF5",
    ]

    private static func typed(_ random: inout SplitMix64) -> String {
        let length = Int.random(in: 0...20, using: &random)
        var text = (0..<length).map { _ in random.pick(hostile) }.joined()
        switch Int.random(in: 0...3, using: &random) {
        case 0: text = random.pick(snippets)
        case 1: text += random.pick(snippets)
        case 2: text = String(text.unicodeScalars.filter { $0.isASCII && ($0.properties.isAlphabetic || $0 == "_") })
        default: break
        }
        return text
    }

    @Test(arguments: 0..<20)
    func `every command of every event is the owner's line and nothing more`(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let catalogs = [try Self.catalog(Self.templates), try Self.catalog(Self.withUUID)]
        var events: Set<Substring> = []
        for _ in 0..<60 {
            let typed = Self.typed(&random)
            for prefix in [nil, ".", "BE_"] {
                guard let player = PlayerName(typed: typed, bedrockPrefix: prefix) else { continue }
                for (place, catalog) in catalogs.enumerated() {
                    let (lines, problems) = life(of: player, catalog)
                    let asksForMore = place == 1 && !player.isUUID
                    #expect(problems.isEmpty != asksForMore, "seed \(seed): \(typed.debugDescription)")
                    #expect(lines.isEmpty == asksForMore, "half a step is never sent")
                    for line in lines {
                        check(line, of: player, seed, typed)
                        events.insert(line.prefix { $0 != " " })
                    }
                }
            }
        }
        #expect(events == ["grant", "renew", "change", "end", "refund"])
    }

    private func check(_ line: String, of player: PlayerName, _ seed: UInt64, _ typed: String) {
        let name = /(\.|BE_)?[A-Za-z0-9_]{1,16}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/
        #expect(player.text.wholeMatch(of: name) != nil, "seed \(seed): \(typed.debugDescription)")
        let forms = [
            /(grant|renew|change|end|refund) ([^ ;{}]+) as (squire|knight) until ([0-9]{9,10}); say \{([^ ;{}]+)\}/
        ]
        let ids = /(grant|renew|change|end|refund) id=([-0-9a-f]{36}),([-0-9a-f]{36}) (squire|knight)/
        let isOurs = forms.contains { form in
            guard let match = line.wholeMatch(of: form) else { return false }
            return match.2 == player.text && match.5 == player.text
        }
        let isByID = line.wholeMatch(of: ids).map { $0.2 == player.text && $0.3 == player.text } ?? false
        #expect(isOurs || isByID, "seed \(seed): \(line.debugDescription) from \(typed.debugDescription)")
    }
}
