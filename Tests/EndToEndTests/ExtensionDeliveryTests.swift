import ChildProcess
import Entitlements
import Foundation
import GRDB
import Testing

/// The extension's outbox, in PHP, delivering to the real service over HTTP.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled("php-cli with php-sqlite3 and php-curl must be installed") { await PHPProgram.isThere() }
)
struct ExtensionDeliveryTests {
    private func expectTold(_ told: [String: ExtensionOutbox.Told], by community: Community, events: Int) async throws {
        try await community.settled()
        let items = try await community.api("GET", "events?limit=500").object["items"] as? [[String: Any]] ?? []
        #expect(items.count == events)
        #expect(items.allSatisfy { $0["state"] as? String == "applied" })
        for (subject, last) in told {
            guard subject.hasPrefix("service:") else { continue }
            let id = String(subject.dropFirst("service:".count))
            let views = try await community.customer(id)["subscriptions"] as? [[String: Any]] ?? []
            let standing = views.first?["status"] as? String
            #expect(standing == (last.status ?? "none"), "\(subject)")
        }
        let ledger = try DatabaseQueue(path: community.configuration.ledgerPath)
        try await ledger.read { database in
            let newest = try Row.fetchAll(
                database,
                sql: """
                    SELECT subscription, max(revision) AS revision, count(*) = count(DISTINCT revision) AS is_once
                    FROM event WHERE kind <> 'subscriptions.snapshot' GROUP BY subscription
                    """
            )
            for row in newest {
                let subject = "service:\(row["subscription"] as String)"
                #expect(row["is_once"] as Bool, "\(subject)")
                #expect(row["revision"] as Int64 == told[subject]?.revision, "\(subject)")
            }
        }
    }

    @Test func `what happened while the bridge was down arrives once when it is there, in the order of its revisions`()
        async throws
    {
        let outbox = try ExtensionOutbox()
        let down = try await outbox.run(
            "http://127.0.0.1:9",
            secret: Community.secret,
            "--enqueue",
            "12",
            "--services",
            "3",
            "--seconds",
            "1"
        )
        #expect(down.left == 12)
        try await withCommunity { community in
            let up = try await outbox.run("http://127.0.0.1:\(community.port)", secret: Community.secret)
            #expect(up.left == 0, "\(up.problem ?? "")")
            #expect(up.delivered == 12)
            try await expectTold(up.told, by: community, events: 12)
        }
    }

    /// What happens on the way, again and again.
    enum Trouble: String, CaseIterable, Sendable {
        case unavailable, unauthorized, failing, webPage, lostAnswer, late, repeated, cutOff

        var deed: FaultyFront.Deed {
            switch self {
            case .unavailable: .refuses(503)
            case .unauthorized: .refuses(401)
            case .failing: .refuses(500)
            case .webPage: .showsPage(403)
            case .lostAnswer: .loses
            // Longer than the extension waits.
            case .late: .delays(.milliseconds(1400))
            case .repeated: .repeats
            case .cutOff: .drops
            }
        }
    }

    @Test(arguments: Trouble.allCases)
    func `each kind of trouble on the way loses nothing, doubles nothing, and leaves each service at its newest word`(
        _ trouble: Trouble
    ) async throws {
        try await withCommunity { community in
            let deed = trouble.deed
            let front = FaultyFront(port: community.port, plan: [deed, .passes, deed, deed, .passes, deed])
            let outbox = try ExtensionOutbox()
            try await front.serve { url in
                let report = try await outbox.run(
                    url,
                    secret: Community.secret,
                    "--enqueue",
                    "12",
                    "--services",
                    "3",
                    "--seconds",
                    "60",
                    "--request-seconds",
                    "1"
                )
                #expect(report.left == 0, "\(report.problem ?? "")")
                try await expectTold(report.told, by: community, events: 12)
            }
            #expect(front.isThroughPlan)
        }
    }

    @Test func `all of them mixed lose nothing and double nothing`() async throws {
        try await withCommunity { community in
            let front = FaultyFront(
                port: community.port,
                plan: [
                    .refuses(503), .passes, .loses, .refuses(401), .repeats, .delays(.milliseconds(300)), .drops,
                    .refuses(500), .repeats, .showsPage(200), .loses, .passes,
                ]
            )
            try await front.serve { url in
                let outbox = try ExtensionOutbox()
                let report = try await outbox.run(
                    url,
                    secret: Community.secret,
                    "--enqueue",
                    "15",
                    "--services",
                    "4",
                    "--seconds",
                    "60"
                )
                #expect(report.left == 0, "\(report.problem ?? "")")
                try await expectTold(report.told, by: community, events: 15)
            }
            #expect(front.isThroughPlan)
        }
    }

    @Test func `with another secret nothing is lost, and the service says that no secret matches`() async throws {
        try await withCommunity { community in
            let outbox = try ExtensionOutbox()
            let url = "http://127.0.0.1:\(community.port)"
            let other = "whsec_" + Data("another secret of thirty-two byt".utf8).base64EncodedString()
            let refused = try await outbox.run(url, secret: other, "--enqueue", "2", "--seconds", "3")
            #expect(refused.left == 2)
            let turnedAway = try await community.api("GET", "status").object["last_turned_away"] as? [String: Any]
            #expect(turnedAway?["detail"] as? String == "no signature matches a configured secret")
            #expect(try await outbox.run(url, secret: Community.secret).left == 0)
            try await community.settled()
        }
    }

    @Test func `a full list is taken, and changes nothing of what was told`() async throws {
        try await withCommunity { community in
            let outbox = try ExtensionOutbox()
            let report = try await outbox.run(
                "http://127.0.0.1:\(community.port)",
                secret: Community.secret,
                "--enqueue",
                "6",
                "--services",
                "3",
                "--list"
            )
            #expect(report.left == 0)
            try await expectTold(report.told, by: community, events: 7)
        }
    }
}
