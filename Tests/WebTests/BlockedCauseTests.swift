import Entitlements
import Ledger
import Testing

@testable import Web

struct BlockedCauseTests {
    private func blockage(_ reason: String, _ customers: Int = 1, since seconds: Int64 = 0) -> Blockage {
        Blockage(reason: reason, customers: customers, example: "ada@example.test", since: at(seconds))
    }

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_790_000_000 + seconds) }

    @Test func `sentences that differ in numbers and quoted words are one cause, told with its count`() throws {
        let causes = BlockedCause.causes(of: [
            blockage("Survival takes no commands (it is offline).", 3, since: 5),
            blockage("No node has room for awakened #12.", since: 7),
            blockage("No node has room for awakened #7.", since: 2),
            blockage(#"No rank in game: "a b", the property x of subscription 5, is no player's name."#),
            blockage(#"No rank in game: "c!d", the property x of subscription 66, is no player's name."#),
        ])
        #expect(causes.map(\.alert.extent) == [3, 2, 2])
        let alerts = causes.map(\.alert)
        #expect(Set(alerts.map(\.cause)).count == 3)
        #expect(alerts[0].sentence == "3 customers are blocked: Survival takes no commands (it is offline).")
        #expect(alerts[0].cases == ["ada@example.test and 2 more: Survival takes no commands (it is offline)."])
        #expect(alerts[1].since == at(2))
        #expect(alerts[1].cases.count == 2)
    }

    @Test func `a cause keeps its name while others join it`() throws {
        let one = BlockedCause.causes(of: [blockage("No node has room for #1.")])[0].alert
        let two = BlockedCause.causes(of: [
            blockage("No node has room for #2.", 2), blockage("No node has room for #1."),
        ])[0]
        .alert
        #expect(one.cause == two.cause)
        #expect(one.sentence == "1 customer is blocked: No node has room for #1.")
        #expect((one.extent, two.extent) == (1, 3))
    }
}
