import Entitlements
import Testing

@Suite struct AccountDecisionTests {
    static func account(_ id: Int, external: String? = nil, isRootAdmin: Bool = false) -> PanelAccount {
        PanelAccount(
            id: id,
            uuid: "u\(id)",
            externalID: external,
            email: "ada@example.com",
            username: "ada\(id)",
            isRootAdmin: isRootAdmin
        )
    }

    enum Outcome: Equatable {
        case relinked(Int)
        case adopted(Int, givesExternalID: Bool)
        case created
        case refused
    }

    static func decide(
        external: PanelAccount? = nil,
        found: [PanelAccount] = [],
        takenBy: [Int: CustomerKey] = [:],
        email: String? = "ada@example.com"
    ) -> Outcome {
        let decision = decideAccount(
            search: AccountSearch(byExternalID: [external].compactMap(\.self), byEmail: found, takenBy: takenBy),
            customer: .id("77"),
            email: email,
            ourExternalIDPrefix: "paydactyl:shop:"
        )
        switch decision {
        case .relink(let account): return .relinked(account.id)
        case .adopt(let account, let gives): return .adopted(account.id, givesExternalID: gives)
        case .create: return .created
        case .refused: return .refused
        }
    }

    @Test func `the account with our external id is linked again, whatever its e-mail`() {
        #expect(Self.decide(external: Self.account(1, external: "paydactyl:shop:77")) == .relinked(1))
        #expect(Self.decide(external: Self.account(1), found: [Self.account(2)]) == .relinked(1))
        #expect(Self.decide(external: Self.account(1), email: nil) == .relinked(1))
        #expect(Self.decide(external: Self.account(1), takenBy: [1: .id("77")]) == .relinked(1))
        #expect(Self.decide(external: Self.account(1), takenBy: [1: .id("9")]) == .refused)
    }

    @Test func `an account found by e-mail is adopted and keeps an external id that it has`() {
        #expect(Self.decide(found: [Self.account(1)]) == .adopted(1, givesExternalID: true))
        #expect(Self.decide(found: [Self.account(1, external: "shop-12")]) == .adopted(1, givesExternalID: false))
        #expect(
            Self.decide(found: [Self.account(1, external: "paydactyl:other:5")]) == .adopted(1, givesExternalID: false)
        )
    }

    @Test func `a root admin's account is never changed`() {
        #expect(Self.decide(found: [Self.account(1, isRootAdmin: true)]) == .adopted(1, givesExternalID: false))
    }

    @Test func `an account that another customer has is refused, and so is our external id of another`() {
        #expect(Self.decide(found: [Self.account(1)], takenBy: [1: .id("9")]) == .refused)
        #expect(Self.decide(found: [Self.account(1)], takenBy: [1: .id("77")]) == .adopted(1, givesExternalID: true))
        #expect(Self.decide(found: [Self.account(1, external: "paydactyl:shop:9")]) == .refused)
    }

    @Test func `several accounts with one e-mail are left to a person`() {
        #expect(Self.decide(found: [Self.account(1), Self.account(2)]) == .refused)
    }

    @Test func `several accounts with our external id are left to a person, and named`() {
        let several = [Self.account(3, external: "paydactyl:shop:77"), Self.account(9, external: "paydactyl:shop:77")]
        let decision = decideAccount(
            search: AccountSearch(byExternalID: several, byEmail: [], takenBy: [:]),
            customer: .id("77"),
            email: "ada@example.com",
            ourExternalIDPrefix: "paydactyl:shop:"
        )
        guard case .refused(let need) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(need.matter.contains("2 panel accounts") && need.matter.contains("ada3, ada9"))
    }

    @Test func `nobody found is created, if there is an e-mail`() {
        #expect(Self.decide() == .created)
        #expect(Self.decide(email: nil) == .refused)
        #expect(Self.decide(email: "") == .refused)
    }
}

@Suite struct AccountNameTests {
    static let hostile: [String] = [
        "", " ", "Ada Lovelace", "ADA", "Ääda", "🦊", "ﬁ", "İstanbul", "-.-", "__", "..", "a", "9", "a\nb", "a\u{0}b",
        "\u{202E}drow",
        "\u{200B}", "\u{200B}\u{200B} \u{FEFF}", "\u{3164}", "e\u{301}", "{{7*7}}", "$(reboot)",
        "'; DROP TABLE users;--",
        "<script>", "王小明", "\u{1F1E9}\u{1F1EA}", "\r\n", "\u{2028}x", "@a[type=x]",
        String(repeating: "x", count: 5000), String(repeating: "e\u{301}", count: 400),
        String(repeating: "\u{200B}", count: 300) + "a", "a " + String(repeating: "y ", count: 400),
    ]

    /// The panel's rule, `/^[a-z0-9]([\w\.-]+)[a-z0-9]$/` (PCRE without `u`, so `\w` is ASCII), and its column of 191.
    static func isValidUsername(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isEdge(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        func isInner(_ byte: UInt8) -> Bool {
            isEdge(byte) || (0x41...0x5A).contains(byte) || [0x5F, 0x2E, 0x2D].contains(byte)
        }
        guard bytes.count >= 3, bytes.count <= 191, let first = bytes.first, let last = bytes.last else { return false }
        return isEdge(first) && isEdge(last) && bytes.dropFirst().dropLast().allSatisfy(isInner)
    }

    static func expectSound(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let username = username(from: name, suffix: "1a2b3c4d")
        #expect(isValidUsername(username), "\(name.unicodeScalars.map(\.value))", sourceLocation: sourceLocation)
        #expect(username.hasSuffix("_1a2b3c4d"), sourceLocation: sourceLocation)
        let names = accountNames(from: name, fallback: username)
        for part in [names.first, names.last] {
            #expect((1...191).contains(part.unicodeScalars.count), sourceLocation: sourceLocation)
            let isVisible = part.unicodeScalars.contains {
                !$0.properties.isDefaultIgnorableCodePoint && !$0.properties.isWhitespace
            }
            #expect(isVisible, "\(name.unicodeScalars.map(\.value))", sourceLocation: sourceLocation)
            let hasControl = part.unicodeScalars.contains { $0.properties.generalCategory == .control }
            #expect(!hasControl, sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: hostile)
    func `whatever a person is called, the panel takes the account`(name: String) {
        Self.expectSound(name)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `names drawn from all of Unicode`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                let bound: UInt32 = random.pick([0x80, 0x300, 0x3000, 0x11_0000])
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<bound, using: &random)) { scalars.append(scalar) }
            }
            Self.expectSound(String(scalars))
        }
    }

    @Test func `the first word is the first name, the others the last`() {
        #expect(accountNames(from: "Ada King  Lovelace", fallback: "x") == ("Ada", "King Lovelace"))
        #expect(accountNames(from: "Ada", fallback: "x") == ("Ada", "-"))
        #expect(accountNames(from: nil, fallback: "member_1") == ("member_1", "-"))
        #expect(accountNames(from: nil, fallback: "") == ("-", "-"))
        #expect(accountNames(from: nil, fallback: String(repeating: "x", count: 500)).first.count == 191)
    }
}

@Suite struct RetryScheduleTests {
    @Test(arguments: [(-1, 1), (0, 1), (1, 1), (2, 5), (5, 600), (6, 1800), (7, 1800), (Int.max, 1800)])
    func `the last step repeats for ever`(attempts: Int, seconds: Int) {
        let schedule = RetrySchedule()
        #expect(abs(schedule.wait(afterAttempts: attempts, jitter: 0.5).milliseconds - Int64(seconds * 1000)) <= 1)
    }

    @Test(arguments: [-5, 0, 0.25, 1, 9] as [Double])
    func `jitter moves a wait by a tenth at the most`(jitter: Double) {
        let wait = RetrySchedule().wait(afterAttempts: 3, jitter: jitter)
        #expect(wait >= .seconds(26.99) && wait <= .seconds(33.01))
    }
}
