import Entitlements
import Foundation
import PanelSimulator
import Testing

@Suite(.timeLimit(.minutes(2)))
struct LifeTests {
    @Test func `someone pays and has exactly their tier's access`() async throws {
        try await withCommunity { community in
            let answer = try await community.send(.created, "1") {
                $0.customerID = .value("77")
                $0.email = .value("ada@example.test")
                $0.name = .value("Ada Lovelace")
                $0.product = .value("knight")
                $0.status = .value(.active)
                $0.paidThrough = .value(community.clock.now + .days(30))
            }
            #expect(answer.status == 202)
            #expect(answer.statusWord == "accepted")
            try await community.settled()
            let user = try #require(community.panel.user(email: "ada@example.test"))
            #expect(user.externalID == "paydactyl:test:77")
            #expect(user.password == nil)
            #expect(
                community.panel.access == [
                    "Frost Path I": ["ada@example.test": ["control.console", "websocket.connect"]],
                    "Frost Path II": ["ada@example.test": ["control.console", "websocket.connect"]],
                    "Creative Plots": ["ada@example.test": ["file.read", "websocket.connect"]],
                ]
            )
            #expect(try await community.customer("77")["state"] as? String == "converged")
        }
    }

    @Test func `a failed payment keeps everything for the grace period and then takes it away`() async throws {
        try await withCommunity { community in
            try await community.send(.created, "1") {
                $0.customerID = .value("77")
                $0.email = .value("ada@example.test")
                $0.product = .value("awakened")
                $0.status = .value(.active)
            }
            try await community.settled()
            let before = community.panel.access
            #expect(before.count == 2)
            try await community.send(.paymentFailed, "1")
            try await community.settled()
            #expect(community.panel.access == before)
            community.clock.advance(by: .days(6))
            try await community.settled()
            #expect(community.panel.access == before)
            community.clock.advance(by: .days(1) + .seconds(1))
            try await community.eventually("access is gone") { community.panel.access.isEmpty }
            try await community.settled()
            try await community.send(.paymentSucceeded, "1")
            try await community.eventually("access is back") { community.panel.access == before }
        }
    }
}
