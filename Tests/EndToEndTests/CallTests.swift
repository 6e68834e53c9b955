import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// How much a customer costs the panel.
@Suite(.timeLimit(.minutes(3)))
struct CallTests {
    @Test(arguments: [1, 5])
    func `a new customer of n servers costs n and three calls`(servers: Int) async throws {
        let world = PanelWorld.servers((1...servers).map { "Frost Path \($0)" })
        try await withCommunity(world) { community in
            try await community.quiet()
            try await community.buys("awakened")
            try await community.settled()
            #expect(community.access().count == servers)
            #expect(community.panel.requests.count <= servers + 3, "\(community.panel.requestCounts)")
        }
    }

    @Test(arguments: [1, 5])
    func `an adopted customer of n servers costs n calls more`(servers: Int) async throws {
        var world = PanelWorld.servers((1...servers).map { "Frost Path \($0)" })
        world.addUser("ada")
        try await withCommunity(world) { community in
            try await community.quiet()
            try await community.buys("awakened")
            try await community.settled()
            #expect(community.access().count == servers)
            #expect(community.panel.requests.count <= 2 * servers + 3, "\(community.panel.requestCounts)")
        }
    }

    @Test func `many new customers at once never meet the panel's deadlock`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            community.panel.faults.add(.latency(.milliseconds(20)), .always)
            for number in 1...20 {
                try await community.buys(
                    "awakened",
                    subscription: "\(number)",
                    customer: "\(number)",
                    email: "c\(number)@example.test"
                )
            }
            try await community.settled()
            #expect(community.panel.subusers.count == 40)
            #expect(community.panel.requests.allSatisfy { $0.status ?? 500 < 500 })
        }
    }
}

/// Stopping and starting.
@Suite(.timeLimit(.minutes(10)))
struct RestartTests {
    /// 500 where nothing else is asked for: `PAYDACTYL_SUBSCRIPTIONS=10000 swift test -c release --filter RestartTests`.
    private static let count = ProcessInfo.processInfo.environment["PAYDACTYL_SUBSCRIPTIONS"].flatMap { Int($0) } ?? 500

    private static var world: PanelWorld {
        var world = PanelWorld.servers(["Frost Path I", "Staff Only"])
        world.applicationLimit = 1_000_000
        world.clientLimit = 1_000_000
        return world
    }

    @Test func `a service that is stopped in the middle of much work goes on where it was`() async throws {
        let count = Self.count
        try await withPlace(Self.world) { place in
            // Observed only, so that however slowly they buy there is much left to do.
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.quiet()
                try await Self.buyAll(count, community)
            }
            try await place.serve { community in
                try await community.eventually("a part of it is done", within: .seconds(300)) {
                    community.panel.subusers.count > count / 10
                }
            }
            let done = place.panel.subusers.count
            #expect(done < count, "it was stopped in the middle")
            try await place.serve { community in
                try await community.settled(within: .seconds(600))
                #expect(community.panel.subusers.count == count)
                #expect(community.panel.users.count == count + 1)
                #expect(Set(community.panel.subusers.map(\.userID)).count == count)
                let status = try await community.api("GET", "status").object
                #expect((status["customers"] as? [String: Int])?["converged"] == count)
            }
            place.panel.forgetEffects()
            try await place.serve { community in
                try await community.quiet()
                #expect(community.writes.isEmpty)
                try await community.send(.cancelled, "1")
                try await community.eventually("and still follows") { community.panel.subusers.count == count - 1 }
            }
        }
    }

    private static func buyAll(_ count: Int, _ community: Community) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<16 {
                group.addTask {
                    for number in stride(from: worker + 1, through: count, by: 16) {
                        try await community.buys(
                            "awakened",
                            subscription: "\(number)",
                            customer: "\(number)",
                            email: "c\(number)@example.test"
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a graceful end finishes what is under way and begins nothing`() async throws {
        try await withPlace { place in
            try await place.serve(configure: { $0.mode = .observe }) { community in
                try await community.quiet()
                try await Self.buyAll(60, community)
            }
            let adding = RequestMatch.route("POST /api/client/servers/{server}/users")
            place.panel.faults.add(.latency(.milliseconds(300)), .always, on: adding)
            try await place.serve { community in
                try await community.eventually("some are under way") {
                    community.panel.subusers.count > 0
                }
            }
            place.panel.faults.removeAll()
            let rows = Dictionary(grouping: place.panel.subusers, by: \.userID)
            #expect(rows.values.allSatisfy { $0.count == 2 }, "nobody was left half way")
            #expect(place.panel.users.count == rows.count + 1, "nor with an account alone")
            #expect(rows.count < 60)
            try await place.serve { community in
                try await community.settled()
                #expect(community.panel.subusers.count == 120)
                #expect(try await community.operations().allSatisfy { $0.hasSuffix("done") })
            }
        }
    }
}
