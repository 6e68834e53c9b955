import Entitlements
import Testing

/// What a customer may type as a player's name, and what becomes of a template that it is put into (edge cases 21 and 38).
struct PlayerNameTests {
    @Test(arguments: [
        "a", "Steve", "Ada_Lovelace", "x_X_1234567890_X", "123", "_", "069A79F4-44E9-4726-A5BE-FCA90E38AAF5",
        "069a79f444e94726a5befca90e38aaf5", ".Steve", ".Cool_Player",
    ])
    func `names, Bedrock names and uuids are players`(_ typed: String) {
        #expect(PlayerName(typed: typed, bedrockPrefix: ".") != nil)
    }

    @Test(arguments: [
        "", " ", "Steve ", " Steve", "Ste ve", "x_X_1234567890_X7", ".", "..Steve", "*Steve", "@a", "@e[type=player]",
        "Steve\n", "Steve\r\nop Mallory", "Steve;op Mallory", "Steve, op Mallory", "$Steve", "${jndi:ldap://x}", "/op",
        "Steve/", "Stéve", "Ste\u{0301}ve", "Ѕteve", "Steve\u{202E}", "\u{200F}Steve", "Steve\u{0}", "Steve\u{200B}",
        "Ste-ve", "Steve.", "\"Steve\"", "Steve\\n", "{player}", "%player%", "§4Steve", "Ｓteve", "Ste\tve", "🎮",
        "069a79f4-44e9-4726-a5be-fca90e38aaf", "069a79f4-44e9-4726-a5be-fca90e38aafg", ".\u{0301}Steve",
        ".x_X_1234567890_X7", "Steve parent set admin", "-Steve",
    ])
    func `nothing else is`(_ typed: String) {
        #expect(PlayerName(typed: typed, bedrockPrefix: ".") == nil)
    }

    @Test func `without a configured prefix no prefix is taken`() {
        #expect(PlayerName(typed: ".Steve") == nil)
        #expect(PlayerName(typed: ".Steve", bedrockPrefix: "*") == nil)
        #expect(
            PlayerName(typed: ";Steve", bedrockPrefix: ";") == nil,
            "not even a prefix that no configuration could have"
        )
    }

    @Test func `names that differ by case are one player, and a uuid is one in any spelling`() {
        #expect(PlayerName(typed: "STEVE") == PlayerName(typed: "steve"))
        #expect(
            PlayerName(typed: "069A79F444E94726A5BEFCA90E38AAF5")
                == PlayerName(typed: "069a79f4-44e9-4726-a5be-fca90e38aaf5")
        )
        #expect(PlayerName(typed: "069a79f444e94726a5befca90e38aaf5")?.isUUID == true)
        #expect(PlayerName(typed: "Steve")?.isUUID == false)
    }

    @Test(arguments: 0..<40)
    func `whatever is typed, what leaves is one line of the expected form`(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let hostile = Array("abZ09_.;$/\\@{}[]*%\n\r\t\0 \u{2028}\u{202E}\u{200F}\u{0085}\u{00A0}é§'\"`|&<>,:=-+~!?#")
            .map(String.init)
        let template = try CommandTemplate("give {player} diamond {tier} {expires_unix}")
        for _ in 0..<500 {
            let typed = (0..<Int.random(in: 0...20, using: &random)).map { _ in random.pick(hostile) }.joined()
            for prefix in [nil, ".", "BE_", ";"] {
                guard let player = PlayerName(typed: typed, bedrockPrefix: prefix) else { continue }
                for line in try sent(to: player, template) {
                    #expect(
                        line.utf8.allSatisfy { (0x20..<0x7F).contains($0) },
                        "seed \(seed): \(typed.debugDescription)"
                    )
                    let patterns = [
                        /lp user [.BE_A-Za-z0-9]{1,19} parent addtemp knight [0-9]{10} replace/,
                        /give [.BE_A-Za-z0-9]{1,19} diamond knight [0-9]{10}/,
                    ]
                    #expect(patterns.contains { line.wholeMatch(of: $0) != nil }, "seed \(seed): \(line)")
                }
            }
        }
    }

    /// The lines for a knight of this name.
    private func sent(to player: PlayerName, _ template: CommandTemplate) throws -> [String] {
        let group = try #require(LuckPermsGroup("knight"))
        let catalog = Catalog(
            tiers: [
                Tier(
                    id: "knight",
                    rank: 1,
                    products: [],
                    luckPerms: TierRank(group: group, servers: "frost"),
                    commands: TierCommands(servers: "frost", grant: [template])
                )
            ],
            groups: [Shop.frost]
        )
        var share = RankShare(RankKey(target: .named("x"), player: player))
        let reason = GrantReason(source: .subscription("1"), tier: "knight", product: nil)
        share.perks = [reason: Perk(tier: "knight", rank: 1, expires: .day(9), group: group, hasCommands: true)]
        let situation = RankSituation(player: player, shares: [OwnedShare(customer: .id("77"), share: share)])
        return planRank(situation, catalog: catalog, now: .day(1)).steps.flatMap(\.commands).map(\.text)
    }
}

struct CommandTemplateTests {
    @Test(arguments: [
        "say hi", "lp user {player} parent addtemp vip {expires_unix} replace", "/say {tier}",
        #"tellraw {player} {"text":"Thank you","color":"gold"}"#, "broadcast §aWelcome, {player}!", "say {} }{",
    ])
    func `a line with known placeholders, or with braces that are none, is a template`(_ text: String) throws {
        #expect(try CommandTemplate(text).text == text)
    }

    @Test(arguments: [
        ("", CommandProblem.empty), ("   ", .empty), ("say a\nop b", .controlCharacter),
        ("say a\rop b", .controlCharacter),
        ("say \u{2028}op b", .controlCharacter), ("say \u{85}op", .controlCharacter),
        ("say \u{202E}x", .controlCharacter),
        ("say \u{200B}x", .controlCharacter), ("say \u{0}", .controlCharacter),
        ("say {name}", .unknownPlaceholder("{name}")), ("say {Player}", .unknownPlaceholder("{Player}")),
        ("say { player }", .unknownPlaceholder("{ player }")),
        ("say {player_name}", .unknownPlaceholder("{player_name}")),
        (String(repeating: "x", count: 501), .tooLong),
    ])
    func `anything else is refused`(_ text: String, _ problem: CommandProblem) {
        #expect(throws: problem) { try CommandTemplate(text) }
    }

    @Test(arguments: ["", "Admin", "a b", "a;b", "a\nb", "ä", "*", String(repeating: "a", count: 37)])
    func `a group of LuckPerms is lower case, digits and three marks`(_ name: String) {
        #expect(LuckPermsGroup(name) == nil)
    }
}
