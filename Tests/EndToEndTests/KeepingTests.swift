import Entitlements
import Foundation
import GRDB
import PanelSimulator
import ServiceConfiguration
import Testing

/// What is kept, and what is forgotten of a person whom the billing system deleted.
@Suite(.timeLimit(.minutes(2)))
struct KeepingTests {
    /// All text in a ledger's file, with where it stands.
    private func texts(in path: String) async throws -> [String] {
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: path, configuration: configuration)
        return try await database.read { database in
            let tables = try String.fetchAll(
                database,
                sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            return try tables.flatMap { table in
                try Row.fetchAll(database, sql: "SELECT * FROM \"\(table)\"").map { row in
                    "\(table): "
                        + row.databaseValues.map { value in
                            (value.storage.value as? Data).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
                        }.joined(separator: " | ")
                }
            }
        }
    }

    @Test func `a deleted customer loses access at once, and what names them is gone after account retention`()
        async throws
    {
        try await withPlace { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            let isNamed: (String) -> Bool = { text in
                ["ada@example.test", "ada lovelace", "ada_lovelace"].contains { text.lowercased().contains($0) }
            }
            try await place.serve { community in
                try await community.quiet()
                try await community.send(.created, "1") {
                    $0.customerID = .value("77")
                    $0.email = .value("ada@example.test")
                    $0.name = .value("Ada Lovelace")
                    $0.product = .value("knight")
                    $0.status = .value(.active)
                    $0.properties = ["minecraft_username": "Ada_Lovelace"]
                }
                try await community.send(.created, "2") {
                    $0.customerID = .value("78")
                    $0.email = .value("bob@example.test")
                    $0.product = .value("knight")
                    $0.status = .value(.active)
                }
                try await community.eventually("access is there") { community.access() == Community.knight }
                try await community.settled()
                _ = try await community.override("ban")
                try await community.send(.customerDeleted) { $0.customerID = .value("77") }
                try await community.eventually("access is gone") { community.access().isEmpty }
                try await community.settled()
                #expect(try await texts(in: path).contains(where: isNamed), "it is kept for a while")
                community.clock.advance(by: .days(31))
                try await community.eventually("the account is gone") {
                    community.panel.user(email: "ada@example.test") == nil
                }
                try await community.settled()
                community.clock.advance(by: .seconds(3700))
                try await community.eventually("nothing names them") {
                    try await !texts(in: path).contains(where: isNamed)
                }
                let customer = try await community.customer("77")
                #expect(customer["key"] as? String == "id:77")
                #expect((customer["overrides"] as? [[String: Any]])?.map { $0["kind"] as? String } == ["ban"])
                #expect(community.access(of: "bob@example.test") == Community.knight, "others keep what they have")
                #expect(try await community.customer("78")["email"] as? String == "bob@example.test")
            }
            // What is left can still be folded.
            try await place.serve { community in
                try await community.quiet()
                try await community.send(.updated, "1") { $0.email = .value("ada@example.test") }
                try await community.settled()
                #expect(community.access().isEmpty)
                community.clock.advance(by: .seconds(3700))
                try await community.eventually("what came late is forgotten, too") {
                    try await !texts(in: path).contains(where: isNamed)
                }
            }
        }
    }

    @Test func `the ban of a customer who was forgotten holds for their player, whom nothing names any more`()
        async throws
    {
        var tiers = Catalog.small.tiers
        tiers[0].luckPerms = LuckPermsGroup("awakened").map { TierRank(group: $0, servers: "frost") }
        let catalog = Catalog(tiers: tiers, groups: Catalog.small.groups.values.map(\.self))
        try await withPlace(catalog: catalog, configure: { $0.billing.paymenter.playerProperty = "player" }) { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            let isNamed: (String) -> Bool = { $0.lowercased().contains("mallory") }
            try await place.serve { community in
                let server = try community.server("Frost Path I")
                community.panel.join("Mallory_1", server: server)
                func buys(_ subscription: String, customer: String) async throws {
                    try await community.send(.created, subscription) {
                        $0.customerID = .value(customer)
                        $0.email = .value("\(customer)@example.test")
                        $0.product = .value("awakened")
                        $0.status = .value(.active)
                        $0.properties = ["player": "Mallory_1"]
                    }
                }
                try await buys("1", customer: "77")
                try await community.eventually("the rank is there") {
                    !community.panel.ranks(of: "Mallory_1", server: server).isEmpty
                }
                let answer = try await community.api(
                    "POST",
                    "overrides",
                    ["customer": "77", "kind": "ban", "reason": "Mallory cheats"]
                )
                try await community.eventually("the rank is gone") {
                    community.panel.ranks(of: "Mallory_1", server: server).isEmpty
                }
                try await community.settled()
                try await community.send(.customerDeleted) { $0.customerID = .value("77") }
                try await community.settled()
                community.clock.advance(by: .days(31))
                try await community.settled()
                for _ in 0..<3 {
                    community.clock.advance(by: .seconds(3700))
                    try await community.settled()
                }
                try await community.eventually("nothing names them") {
                    try await !texts(in: path).contains(where: isNamed)
                }

                try await buys("2", customer: "78")
                try await community.settled()
                #expect(try await community.state(of: "78") == "blocked")
                #expect(
                    try await community.reasons(of: "78").joined().contains(
                        "Customer id:77 had bought for this player too, and is banned"
                    )
                )
                #expect(community.panel.ranks(of: "Mallory_1", server: server).isEmpty, "the ban holds")
                #expect(community.access(of: "78@example.test") == Community.awakened)

                try await community.endOverride(try #require(answer.object["id"] as? String))
                try await community.eventually("its end frees the name") {
                    !community.panel.ranks(of: "Mallory_1", server: server).isEmpty
                }
            }
        }
    }
}
