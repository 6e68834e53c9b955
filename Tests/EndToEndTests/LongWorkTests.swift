import Entitlements
import Foundation
import PanelSimulator
import Testing

/// Work that takes long says how far it is, on the page and to the command line.
@Suite(.timeLimit(.minutes(2)))
struct LongWorkTests {
    private func work(_ community: Community) async throws -> [String] {
        try await community.api("GET", "work").items.map {
            "\($0["what"] ?? "") \($0["done"] ?? "-") \($0["total"] ?? "-")"
        }
    }

    @Test func `a reading of a panel and an import say how far they are, and end`() async throws {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.quiet()
            #expect(try await work(community).isEmpty)
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()

            let gate = community.panel.faults.overlap(2, on: .path("/application/servers"))
            _ = try await community.api("POST", "audit")
            try await community.eventually("the audit is under way") {
                try await work(community).first?.hasPrefix("Panel main is read: users ") == true
            }
            let page = try await visitor.get("/").text
            #expect(page.contains("Panel main is read: users:") && page.contains("<progress max="), "\(page)")
            gate.open()
            try await community.eventually("it is over") { try await work(community).isEmpty }
            #expect(try await !visitor.get("/").text.contains("<progress"))

            // The gate's second place is taken by one more reading.
            try await community.audit()
            let again = community.panel.faults.overlap(2, on: .path("/application/servers"))
            let table =
                "subscription_id,customer_email,product_id,paid_through\n5,eve@example.test,awakened,2099-01-01\n"
            async let imported = community.api("POST", "import", ["csv": table])
            try await community.eventually("the import is under way") {
                try await work(community).first?.hasPrefix("Panel main is read: users ") == true
            }
            #expect(try await visitor.get("/").text.contains("<progress max="))
            again.open()
            #expect(try await imported.status == 200)
            #expect(try await work(community).isEmpty)
        }
    }
}
