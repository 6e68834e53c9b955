import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import Testing

/// The terms of a tier's own, which go over the policy's.
@Suite(.timeLimit(.minutes(2)))
struct TierTermsTests {
    private func withTerms(
        _ change: (inout Tier) -> Void,
        _ body: (Community) async throws -> Void
    ) async throws {
        let tiers = Catalog.small.tiers.map { tier in
            var tier = tier
            if tier.id == "knight" { change(&tier) }
            return tier
        }
        let catalog = Catalog(tiers: tiers, groups: Catalog.small.groups.values.map(\.self))
        try await withCommunity(catalog: catalog) { community in
            try await community.quiet()
            try await body(community)
        }
    }

    @Test func `a grace of the tier's own ends the access, and the others' goes on`() async throws {
        try await withTerms({ $0.gracePeriod = .days(2) }) { community in
            try await community.buys("knight", paidFor: .days(1))
            try await community.buys(
                "awakened",
                subscription: "2",
                customer: "78",
                email: "bob@example.test",
                paidFor: .days(1)
            )
            try await community.settled()
            for subscription in ["1", "2"] { try await community.send(.paymentFailed, subscription) }
            try await community.settled()
            community.clock.advance(by: .days(3) - .seconds(60))
            try await community.settled()
            #expect(community.access() == Community.knight)
            community.clock.advance(by: .seconds(120))
            try await community.eventually("the grace is over") { community.access().isEmpty }
            try await community.settled()
            #expect(community.access(of: "bob@example.test") == Community.awakened)
        }
    }

    @Test func `a one-time purchase lasts as long as its tier says`() async throws {
        try await withTerms({ $0.lasts = .days(3) }) { community in
            try await community.buys("knight", paidFor: nil)
            try await community.buys(
                "awakened",
                subscription: "2",
                customer: "78",
                email: "bob@example.test",
                paidFor: nil
            )
            try await community.settled()
            let explained = try await community.api("GET", "customers/77/explain").text
            let active = try #require(
                explained.firstMatch(of: /is active until ([^,]+), when the time it lasts is over\./)
            )
            let end = active.output.1
            let upcoming = "At \(end) the time is over that subscription 1 lasts."
            #expect(try await community.api("GET", "upcoming").text.contains(upcoming))
            #expect(try await community.api("GET", "customers/77/postpone?until=2099-01-01").text.contains(upcoming))
            #expect(try await !community.api("GET", "customers/78/explain").text.contains("lasts"))
            community.clock.advance(by: .days(3) - .seconds(60))
            try await community.settled()
            #expect(community.access() == Community.knight)
            community.clock.advance(by: .seconds(120))
            try await community.eventually("its time is over") { community.access().isEmpty }
            try await community.settled()
            #expect(try await community.state() == "converged")
            community.clock.advance(by: .days(30))
            try await community.settled()
            #expect(community.access(of: "bob@example.test") == Community.awakened, "the other's is for ever")
        }
    }

    @Test(arguments: [(RefundPolicy.keep, "active", true), (.suspend, "suspended", false), (.end, "ended", false)])
    func `a refund does what its tier says`(_ policy: RefundPolicy, _ standing: String, keeps: Bool) async throws {
        try await withTerms({ $0.onRefund = policy }) { community in
            try await community.buys("knight")
            try await community.settled()
            community.panel.forgetEffects()
            community.clock.advance(by: .seconds(1))
            try await community.send(.paymentRefunded, "1")
            if keeps {
                try await community.settled()
                #expect(community.writes.isEmpty)
            } else {
                try await community.eventually("it is taken") { community.access().isEmpty }
                try await community.settled()
            }
            #expect(community.access() == (keeps ? Community.knight : [:]))
            let shown = try await community.customer("77")["subscriptions"] as? [[String: Any]]
            #expect(shown?.first?["status"] as? String == standing)
        }
    }

    @Test func `a late payment does what its tier says, and the others' what the policy says`() async throws {
        try await withTerms({ $0.latePayment = .attention }) { community in
            try await community.buys("knight")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            for subscription in ["1", "2"] { try await community.send(.cancelled, subscription) }
            try await community.eventually("both are out") { community.panel.subusers.isEmpty }
            try await community.settled()
            community.clock.advance(by: .days(1))
            for subscription in ["1", "2"] { try await community.send(.paymentSucceeded, subscription) }
            try await community.eventually("the policy's comes back") {
                community.access(of: "bob@example.test") == Community.awakened
            }
            try await community.settled()
            #expect(community.access().isEmpty)
            #expect(try await community.state() == "needs_attention")
            let reasons = try await community.reasons().joined()
            #expect(reasons.contains("payment"), "\(reasons)")
            #expect(try await community.state(of: "78") == "converged")
        }
    }

    @Test func `an account is kept as long as its tier says, and the others' as long as the policy says`() async throws
    {
        try await withTerms({ $0.accountRetention = .lasting(.days(2)) }) { community in
            try await community.buys("knight")
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.settled()
            for subscription in ["1", "2"] { try await community.send(.terminated, subscription) }
            try await community.eventually("both are out") { community.panel.subusers.isEmpty }
            try await community.settled()
            community.clock.advance(by: .days(2) - .seconds(60))
            try await community.audit()
            #expect(community.panel.user(email: "ada@example.test") != nil)
            community.clock.advance(by: .seconds(120))
            try await community.eventually("hers is gone") { community.panel.user(email: "ada@example.test") == nil }
            #expect(community.panel.user(email: "bob@example.test") != nil)
            community.clock.advance(by: .days(28))
            try await community.eventually("his is gone, too") {
                community.panel.user(email: "bob@example.test") == nil
            }
        }
    }
}
