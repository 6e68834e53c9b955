import Entitlements
import Testing

/// The breaker's decision: who lost lately and who is about to, against its bounds.
@Suite struct LossGateTests {
    /// Five customers, a fifth of all.
    private static let policy = BreakerPolicy()

    struct Case: CustomTestStringConvertible, Sendable {
        var losing: Int
        var of: Int
        var told: LossGate.Verdict
        var inferred: LossGate.Verdict

        var testDescription: String { "\(losing) of \(of)" }
    }

    static let cases = [
        Case(losing: 1, of: 1, told: .go, inferred: .hold),
        Case(losing: 1, of: 4, told: .go, inferred: .hold),
        Case(losing: 1, of: 5, told: .go, inferred: .go),
        Case(losing: 5, of: 5, told: .go, inferred: .hold),
        Case(losing: 5, of: 25, told: .go, inferred: .go),
        Case(losing: 6, of: 25, told: .hold, inferred: .hold),
        Case(losing: 6, of: 30, told: .go, inferred: .hold),
        Case(losing: 6, of: 29, told: .hold, inferred: .hold),
        Case(losing: 500, of: 10_000, told: .go, inferred: .hold),
        Case(losing: 2001, of: 10_000, told: .hold, inferred: .hold),
        Case(losing: 1, of: 0, told: .go, inferred: .hold),
    ]

    private static func gate(
        _ kinds: [LossKind],
        _ losing: Int,
        of had: Int,
        isHeld: Bool = false,
        isComplete: Bool = true
    ) -> LossGate {
        let count = LossCensus.Count(losing: losing, hadAccess: had)
        return LossGate(
            kinds.map { AwaitedLoss(kind: $0, noticedAt: .day(1), isHeld: isHeld) },
            census: LossCensus(all: count, inferred: count, isComplete: isComplete),
            policy: policy
        )
    }

    @Test(arguments: cases)
    func `told losses are held beyond both bounds, inferred ones beyond either`(_ row: Case) {
        let gate = Self.gate([.told, .inferred], row.losing, of: row.of)
        #expect(gate == LossGate(told: row.told, inferred: row.inferred))
    }

    @Test func `each kind is counted over its own time`() {
        let gate = LossGate(
            [
                .init(kind: .told, noticedAt: .day(1), isHeld: false),
                .init(kind: .inferred, noticedAt: .day(1), isHeld: false),
            ],
            census: LossCensus(
                all: .init(losing: 50, hadAccess: 100),
                inferred: .init(losing: 2, hadAccess: 100),
                isComplete: true
            ),
            policy: Self.policy
        )
        #expect(gate == LossGate(told: .hold, inferred: .go))
    }

    @Test func `nothing goes before it was written down, nor before everybody concerned was looked at`() {
        #expect(Self.gate([], 1, of: 100) == .unannounced)
        #expect(Self.gate([.told], 1, of: 100) == LossGate(told: .go, inferred: .wait))
        #expect(Self.gate([.told, .inferred], 1, of: 100, isComplete: false) == .unannounced)
        #expect(Self.gate([.told], 50, of: 100, isComplete: false).told == .wait, "nor is it held too early")
    }

    @Test func `what is held stays held when others are settled or time passes`() {
        #expect(Self.gate([.told], 1, of: 100, isHeld: true).told == .hold)
        #expect(Self.gate([.inferred], 1, of: 100, isHeld: true, isComplete: false).inferred == .hold)
    }

    @Test func `a delayed gate lets nothing through and forgets nothing that is held`() {
        #expect(LossGate(told: .go, inferred: .hold).delayed == LossGate(told: .wait, inferred: .hold))
    }

    @Test func `inferred losses are counted over a day at least`() {
        var policy = BreakerPolicy()
        #expect(policy.inferredWindow == .days(1))
        policy.window = .days(3)
        #expect(policy.inferredWindow == .days(3))
    }
}
