import Entitlements
import PanelSimulator
import Testing

/// What customers are told of a panel that could not be read since the start.
@Suite(.timeLimit(.minutes(2)))
struct UnreadPanelTests {
    private func whoBuys(when refusal: Fault.Refusal, isTold words: String) async throws {
        try await withPlace { place in
            let rule = place.panel.faults.add(.errorBefore(refusal), .always)
            try await place.serve { community in
                try await community.buys("knight")
                try await community.eventually("the cause is told") {
                    let told = try await community.reasons().joined()
                    return told.contains(words) && !told.contains("have not been read yet.")
                }
                place.panel.faults.remove(rule)
                community.clock.advance(by: .seconds(400))
                try await community.eventually("and it goes on by itself") { community.access() == Community.knight }
            }
        }
    }

    @Test func `who waits for a panel that refuses the key is told so`() async throws {
        try await whoBuys(
            when: .unauthenticated,
            isTold: "Panel main cannot be worked with: the panel does not know the"
        )
    }

    @Test func `who waits for a panel that asks to be left alone is told so`() async throws {
        try await whoBuys(
            when: .tooManyRequests(retryAfter: 2),
            isTold: "The servers of panel main have not been read yet, which is tried again: too many requests"
        )
    }
}
