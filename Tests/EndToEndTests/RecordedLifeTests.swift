import Entitlements
import Foundation
import PanelSimulator
import Testing

/// What a real Paymenter said at each step, delivered one after the other to the real service.
@Suite(.timeLimit(.minutes(2)))
struct RecordedLifeTests {
    /// After each recorded step, which of the servers customer 3 is on.
    private static let steps: [(story: String, servers: Set<String>)] = [
        ("01-order-placed-unpaid", []),
        ("02-first-payment-createServer", ["Fire"]),
        ("04-renewal-paid", ["Fire"]),
        ("05-payment-failed", ["Fire"]),
        ("06b-cron-overdue-suspendServer", ["Fire"]),
        ("07-paid-unsuspendServer", ["Fire"]),
        ("09-upgrade-paid-upgradeServer", ["Storm"]),
        ("10-downgrade-upgradeServer", ["Fire"]),
        ("11-cancel-end-of-period-requested", ["Fire"]),
        ("13-cron-2d-after-expiry-suspendServer", []),
        ("14-cron-14d-after-expiry-terminateServer", []),
        ("20-create-with-config-option", ["Storm"]),
        ("21-cancel-immediate-terminateServer", []),
        ("30-one-time-1usd-createServer", ["Awakened"]),
        ("32-one-time-upgrade-to-50usd", ["Sovereign"]),
        ("33-free-product-createServer", ["Sovereign", "Wanderer"]),
        ("34-quantity-3-createServer", ["Sovereign", "Wanderer", "Fire"]),
        ("40-create-fails-exception", ["Sovereign", "Wanderer", "Fire"]),
        ("42-suspend-fails-exception", ["Sovereign", "Wanderer", "Fire"]),
        ("50-unpaid-order-auto-cancelled", ["Sovereign", "Wanderer", "Fire"]),
        ("51-late-payment-of-cancelled-order", ["Sovereign", "Wanderer", "Fire"]),
        ("52-cron-down-15-days", ["Sovereign", "Wanderer", "Fire"]),
        ("53-admin-sets-status-suspended", ["Sovereign", "Wanderer", "Fire"]),
        ("54-admin-extends-expires_at", ["Sovereign", "Wanderer", "Fire"]),
        ("55-admin-changes-product", ["Sovereign", "Wanderer", "Fire", "Storm"]),
        ("56-user-email-changed", ["Sovereign", "Wanderer", "Fire", "Storm"]),
        ("58-service-deleted", ["Sovereign", "Wanderer", "Fire"]),
        ("59-user-deleted", []),
    ]

    private static let products = [
        "fire-elemental": "Fire", "storm-elemental": "Storm", "awakened": "Awakened", "sovereign": "Sovereign",
        "wanderer": "Wanderer",
    ]

    private static var catalog: Catalog {
        .tiers(
            products.sorted { $0.key < $1.key }.enumerated().map { place, product in
                Tier(
                    id: TierID(product.key),
                    rank: place,
                    products: [ProductID(product.key)],
                    access: [TierAccess(group: ServerGroupID(product.value), permissions: ["control.console"])]
                )
            },
            groups: Dictionary(uniqueKeysWithValues: products.values.map { ($0, [$0]) })
        )
    }

    private struct Chapter {
        var at: Timestamp
        var body: Data
    }

    private static func chapters(of story: String) throws -> [Chapter] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "BillingTests/Fixtures/stories/\(story).json")
        let chapters = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]]
        return try #require(chapters).map { chapter in
            let at = try Date(try #require(chapter["at"] as? String), strategy: .iso8601)
            return Chapter(
                at: Timestamp(seconds: Int64(at.timeIntervalSince1970)),
                body: try JSONSerialization.data(withJSONObject: try #require(chapter["body"]))
            )
        }
    }

    @Test func `a recorded life is followed step by step`() async throws {
        let start = try #require(try Self.chapters(of: Self.steps[0].story).first).at
        let world = PanelWorld.servers(Self.products.values.sorted() + ["Somewhere else"])
        try await withCommunity(world, catalog: Self.catalog, clock: AdjustableClock(at: start)) { community in
            for step in Self.steps {
                for chapter in try Self.chapters(of: step.story) {
                    let wait = chapter.at - community.clock.now
                    if wait > .zero { community.clock.advance(by: wait) }
                    #expect(try await community.deliver(chapter.body).status == 202, "\(step.story)")
                }
                try await community.settled()
                let user = community.panel.users(externalID: "paydactyl:test:3").first
                let access = user.map { community.access(of: $0.email) } ?? [:]
                #expect(Set(access.keys) == step.servers, "\(step.story)")
                #expect(access.values.allSatisfy { $0 == ["control.console", "websocket.connect"] })
            }
            let users = community.panel.users.filter { !$0.isRootAdmin }
            #expect(users.count == 1)
            #expect(users.first?.email.hasPrefix("new-ada+") == true, "our own account follows the e-mail")
        }
    }
}
