import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// What people decide, and what waits for them.
@Suite(.timeLimit(.minutes(2)))
struct ModeTests {
    /// The small catalogue after somebody took the creative servers from the knights.
    private static let withoutCreative = Catalog.tiers(
        [
            Catalog.small.tiers[0],
            Tier(
                id: "knight",
                rank: 3,
                products: ["knight"],
                access: [TierAccess(group: "frost", permissions: ["control.console", "websocket.connect"])]
            ),
        ],
        groups: ["frost": ["Frost Path*"], "creative": ["Creative*"]]
    )

    private static let onlyFrost = Community.knight.filter { $0.key.hasPrefix("Frost") }

    @Test func `observing changes nothing and says what it would do`() async throws {
        try await withPlace { place in
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.buys("knight")
                try await community.quiet()
                try await community.audit()
                #expect(community.panel.requests.allSatisfy { $0.method == "GET" })
                #expect(community.panel.users.count == 1)
                #expect(try await community.state() == "blocked")
                let reasons = try await community.reasons().joined()
                #expect(reasons.contains("mode: observe"))
                #expect(reasons.contains("find or create a panel account for ada@example.test"))
                #expect(reasons.contains("give control.console, websocket.connect on Frost Path I;"))
                #expect(!reasons.contains("Staff Only"))
            }
            try await place.serve { community in
                try await community.eventually("enforcing does it") { community.access() == Community.knight }
                try await community.settled()
                #expect(try await community.state() == "converged")
            }
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.quiet()
                try await community.send(.cancelled, "1")
                try await community.eventually("the loss is shown") {
                    try await community.reasons().joined().contains("take all access on Creative Plots")
                }
                #expect(community.access() == Community.knight)
                #expect(community.writes.isEmpty)
            }
        }
    }

    @Test func `what is gone from the panel is seen by an audit while nothing may be changed, and given once it may`()
        async throws
    {
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.settled()
            }
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.quiet()
                let user = try #require(community.panel.user(email: "ada@example.test"))
                let server = try #require(community.panel.servers.first { $0.name == "Creative Plots" })
                community.panel.removeSubuser(user: user.id, server: server.id)
                try await community.audit()
                try await community.eventually("what is missing is said") {
                    try await community.reasons().joined().contains("on Creative Plots")
                }
                #expect(try await community.state() == "blocked")
                #expect(community.writes.isEmpty)
            }
            try await place.serve { community in
                try await community.eventually("it is given") { community.access() == Community.knight }
            }
        }
    }

    @Test func `a customer on hold is left alone until released`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            let hold = try await community.override("hold")
            try await community.send(.cancelled, "1")
            try await community.settled()
            #expect(try await community.state() == "blocked")
            #expect(try await community.reasons().joined().contains("On hold until"))
            #expect(community.access() == Community.knight)
            #expect(community.writes.isEmpty)
            try await community.endOverride(hold)
            try await community.eventually("the loss comes after all") { community.access().isEmpty }
        }
    }

    @Test func `a hold ends by itself`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            _ = try await community.override("hold")
            try await community.send(.cancelled, "1")
            try await community.settled()
            community.clock.advance(by: .days(7) + .seconds(1))
            try await community.eventually("the loss comes after all") { community.access().isEmpty }
        }
    }

    @Test func `a ban takes all at once, and its end gives all back`() async throws {
        try await withCommunity(policy: { $0.settle = .seconds(3600) }) { community in
            try await community.buys("knight")
            try await community.settled()
            let ban = try await community.override("ban")
            try await community.eventually("all is gone") { community.access().isEmpty }
            try await community.send(.paymentSucceeded, "1")
            try await community.settled()
            #expect(try await community.state() == "needs_attention", "a banned customer has paid")
            #expect(community.access().isEmpty)
            try await community.endOverride(ban)
            try await community.eventually("all is back") { community.access() == Community.knight }
        }
    }

    @Test func `a grant gives without payment and ends at its date`() async throws {
        try await withCommunity { community in
            try await community.buys("awakened")
            try await community.settled()
            let until = (community.clock.now + .days(3)).iso8601
            _ = try await community.override("grant", tier: "knight", until: until)
            try await community.eventually("the grant holds") { community.access() == Community.knight }
            community.clock.advance(by: .days(3) + .seconds(2))
            try await community.eventually("and ends") { community.access() == Community.awakened }
        }
    }

    @Test func `a paused service takes deliveries and does the work when it goes on`() async throws {
        try await withPlace { place in
            try await place.serve { community in
                try await community.quiet()
                #expect(try await community.api("POST", "pause").status == 200)
                try await community.buys("knight")
                try await community.settled()
                #expect(community.writes.isEmpty)
                #expect(try await community.reasons().joined().contains("The service is paused."))
            }
            try await place.serve { community in
                try await community.quiet()
                #expect(community.panel.users.count == 1, "a restart does not end a pause")
                #expect(try await community.api("POST", "resume").status == 200)
                try await community.eventually("the work is done") { community.access() == Community.knight }
            }
        }
    }

    @Test func `a loss that the configuration causes waits for exactly its approval`() async throws {
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.settled()
            }
            try await place.serve(configure: { $0.catalog = Self.withoutCreative }) { community in
                try await community.quiet()
                #expect(try await community.state() == "needs_attention")
                #expect(
                    try await community.reasons().joined().contains(
                        "file.read, websocket.connect on Creative Plots would be taken away, because the configuration changed"
                    )
                )
                #expect(try await community.breaker() == "holding 1")
                #expect(community.access() == Community.knight)
                community.panel.rename(server: try community.server("Frost Path II"), to: "Elsewhere")
                #expect(try await community.api("POST", "breaker/approve").object["approved"] as? Int == 1)
                try await community.eventually("what was shown is done") {
                    community.access()["Creative Plots"] == nil
                }
                try await community.audit()
                #expect(community.access().keys.sorted() == ["Elsewhere", "Frost Path I"], "the rename was not shown")
                #expect(try await community.state() == "needs_attention")
                community.panel.rename(server: try community.server("Elsewhere"), to: "Frost Path II")
                try await community.audit()
                #expect(try await community.state() == "converged")
                #expect(community.access() == Self.onlyFrost)
                #expect(try await community.breaker() == "closed 0")
            }
        }
    }

    @Test func `a loss that is discarded leaves the customer on hold`() async throws {
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.settled()
            }
            try await place.serve(configure: { $0.catalog = Self.withoutCreative }) { community in
                try await community.quiet()
                #expect(try await community.api("POST", "breaker/discard").object["discarded"] as? Int == 1)
                try await community.settled()
                #expect(community.access() == Community.knight)
                #expect(try await community.state() == "blocked")
                #expect(try await community.breaker() == "closed 0")
            }
        }
    }

    @Test func `a configuration that is put back ends what was held`() async throws {
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.settled()
            }
            try await place.serve(configure: { $0.catalog = Self.withoutCreative }) { community in
                try await community.quiet()
                #expect(try await community.state() == "needs_attention")
            }
            try await place.serve { community in
                try await community.quiet()
                #expect(try await community.state() == "converged")
                #expect(community.access() == Community.knight)
            }
        }
    }

    @Test func `an approval outlives a panel that fails meanwhile`() async throws {
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight")
                try await community.settled()
            }
            try await place.serve(configure: { $0.catalog = Self.withoutCreative }) { community in
                try await community.quiet()
                community.panel.faults.add(.errorBefore(.exception()), .next(3), on: .writes)
                _ = try await community.api("POST", "breaker/approve")
                try await community.eventually("it is done in the end") { community.access() == Self.onlyFrost }
                try await community.settled()
                #expect(try await community.state() == "converged")
            }
        }
    }

    @Test func `what follows from silence alone is held for a person`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            community.clock.advance(by: .days(30) + .seconds(1))
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            community.clock.advance(by: .days(7))
            try await community.eventually("it is held") {
                try await community.reasons().joined().contains("it follows from silence")
            }
            try await community.settled()
            #expect(try await community.state() == "needs_attention")
            #expect(community.access() == Community.knight)
            try await community.send(.renewed, "1") { $0.paidThrough = .value(community.clock.now + .days(30)) }
            try await community.settled()
            #expect(try await community.state() == "converged", "news ends it")
            #expect(community.access() == Community.knight)
        }
    }

    @Test func `nobody loses anything because billing is silent`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            community.clock.advance(by: .days(60))
            try await community.eventually("somebody is asked") { try await community.state() == "needs_attention" }
            #expect(community.access() == Community.knight)
            #expect(try await community.reasons().joined().contains("has not been heard since"))
        }
    }

    @Test func `what nobody renewed waits for a person once the billing system is heard again, of whomever`()
        async throws
    {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.settled()
            community.clock.advance(by: .days(60))
            try await community.eventually("somebody is asked") { try await community.state() == "needs_attention" }
            try await community.buys("awakened", subscription: "2", customer: "78", email: "bob@example.test")
            try await community.eventually("it is held at once") {
                try await community.reasons().joined().contains("it follows from silence")
            }
            #expect(try await community.reasons().joined().contains("has not been heard since") == false)
            #expect(community.access() == Community.knight)
        }
    }

    @Test(arguments: ["cancel first", "create first"], ["knight", "awakened"])
    func `changing by cancelling and buying anew leaves no gap`(order: String, old: String) async throws {
        try await withCommunity(policy: { $0.settle = .seconds(60) }) { community in
            try await community.buys(old)
            try await community.quiet()
            if order == "cancel first" {
                try await community.send(.cancelled, "1")
                try await community.eventually("the loss waits") {
                    try await community.reasons().joined().contains("has settled")
                }
            }
            try await community.buys("knight", subscription: "2")
            try await community.eventually("the new one is there") { community.access() == Community.knight }
            if order == "create first" { try await community.send(.cancelled, "1") }
            try await community.settled()
            community.clock.advance(by: .seconds(61))
            try await community.audit()
            #expect(community.access() == Community.knight)
            #expect(try await community.state() == "converged")
            let writes = community.writes
            #expect(!writes.contains { $0.method == "DELETE" })
            #expect(writes.count == (old == "knight" ? 0 : 3), "only what grew was written")
        }
    }

}
