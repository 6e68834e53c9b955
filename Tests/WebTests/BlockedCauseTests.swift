import Entitlements
import Ledger
import Testing

@testable import Web

struct BlockedCauseTests {
    private func blockage(_ cause: BlockCause, _ reason: String, _ customers: Int = 1, since seconds: Int64 = 0)
        -> Blockage
    {
        Blockage(
            cause: cause.code,
            reason: reason,
            customers: customers,
            example: "ada@example.test",
            since: at(seconds)
        )
    }

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_790_000_000 + seconds) }

    @Test func `sentences about the same thing are one cause, however they are put, told with its count`() throws {
        let causes = BlockedCause.causes(of: [
            blockage(
                .rank(.server(PanelServerID(panel: "main", number: 5))),
                "Survival takes no commands (it is offline).",
                3,
                since: 5
            ),
            blockage(.room("main", "awakened"), "No node has room for Ada's own.", since: 7),
            blockage(.room("main", "awakened"), "No free port is left for Bob's castle.", since: 2),
            blockage(.player, #"No rank in game: "a b", the property x of subscription 5, is no player's name."#),
            blockage(.player, "No rank in game: the property x of subscription 66 is missing."),
            blockage(.room("second", "awakened"), "No node has room for Ada's own."),
        ])
        #expect(causes.map(\.alert.extent) == [3, 2, 2, 1])
        let alerts = causes.map(\.alert)
        #expect(Set(alerts.map(\.cause)).count == 4)
        #expect(alerts[0].sentence == "3 customers are blocked: Survival takes no commands (it is offline).")
        #expect(alerts[0].cases == ["ada@example.test and 2 more: Survival takes no commands (it is offline)."])
        #expect(alerts[1].since == at(2))
        #expect(alerts[1].cases.count == 2)
        #expect(
            alerts[2].sentence == "2 customers are blocked for reasons of one kind.",
            "one person's is not told as everybody's"
        )
        #expect(
            alerts[2].cases == [
                #"ada@example.test: No rank in game: "a b", the property x of subscription 5, is no player's name."#,
                "ada@example.test: No rank in game: the property x of subscription 66 is missing.",
            ]
        )
    }

    @Test func `a cause keeps its name while others join it`() throws {
        let one = BlockedCause.causes(of: [blockage(.room("main", "awakened"), "No node has room for #1.")])[0].alert
        let two = BlockedCause.causes(of: [
            blockage(.room("main", "awakened"), "No node has room for #2.", 2),
            blockage(.room("main", "awakened"), "No node has room for #1."),
        ])[0]
        .alert
        #expect(one.cause == two.cause)
        #expect(one.sentence == "1 customer is blocked: No node has room for #1.")
        #expect((one.extent, two.extent) == (1, 3))
    }
}
