import PterodactylAPI
import Testing

@testable import Provisioning

struct CallerTests {
    @Test func `there are more connections to a panel than callers, so that no queue but the budget's orders them`() {
        let lanes = LaneDispatcher.width + LaneLoop<Int>.reserved
        let ranks = RankDispatcher.width + LaneLoop<Int>.reserved
        // The audit, its probe, the watch over consoles, and people who look or import.
        let others = 10
        #expect(lanes + ranks + others <= PanelHTTPClient.connections)
    }
}
