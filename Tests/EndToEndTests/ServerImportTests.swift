import Entitlements
import Foundation
import PanelSimulator
import Testing

/// Bad input to the import of a server that was there before: each has its sentence, and nothing changes.
@Suite(.timeLimit(.minutes(2)))
struct ServerImportTests {
    struct Bad: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var subscription = "5"
        /// As JSON; `UUID` stands for the uuid of the castle.
        var body: String
        var status: Int
        var field: String?
        var sentence: String
    }

    /// What is wrong with each, in the community that the test makes.
    ///
    /// 5 is bought and has no server yet; 6 has one, and 7 has one whose external id is not on the panel any more; 4 is a tier without, and
    /// 3 has ended. The castle is nobody's, and the tower is some other program's.
    private static let inputs = [
        Bad(testDescription: "no object", body: "[]", status: 400, field: "body", sentence: "object"),
        Bad(
            testDescription: "an unknown key",
            body: #"{"server": "castle", "owner": "me"}"#,
            status: 400,
            field: "owner",
            sentence: "change_owner"
        ),
        Bad(testDescription: "no server", body: "{}", status: 400, field: "server", sentence: "required"),
        Bad(
            testDescription: "a server of the wrong type",
            body: #"{"server": 2}"#,
            status: 400,
            field: "server",
            sentence: "has the wrong type"
        ),
        Bad(
            testDescription: "a number of the wrong type",
            body: #"{"server": "2", "number": "one"}"#,
            status: 400,
            field: "number",
            sentence: "has the wrong type"
        ),
        Bad(
            testDescription: "no such subscription",
            subscription: "99",
            body: #"{"server": "2"}"#,
            status: 404,
            sentence: "There is no subscription 99 of anybody."
        ),
        Bad(
            testDescription: "a tier without a server",
            subscription: "4",
            body: #"{"server": "2"}"#,
            status: 409,
            sentence: "its tier sells none"
        ),
        Bad(
            testDescription: "a subscription that has ended",
            subscription: "3",
            body: #"{"server": "2"}"#,
            status: 409,
            sentence: "it is not live"
        ),
        Bad(
            testDescription: "more than were bought",
            body: #"{"server": "2", "number": 2}"#,
            status: 409,
            sentence: "gives no server number 2 now"
        ),
        Bad(
            testDescription: "number 0",
            body: #"{"server": "2", "number": 0}"#,
            status: 409,
            sentence: "gives no server number 0 now"
        ),
        Bad(
            testDescription: "an id that the panel does not have",
            body: #"{"server": "9999"}"#,
            status: 404,
            field: "server",
            sentence: #"Panel main has no server "9999"."#
        ),
        Bad(
            testDescription: "a name, which is none of a server's keys",
            body: #"{"server": "Castle"}"#,
            status: 404,
            field: "server",
            sentence: #"Panel main has no server "Castle"."#
        ),
        Bad(
            testDescription: "a server of another program's",
            body: #"{"server": "3"}"#,
            status: 409,
            sentence: "Server Tower carries the external id whmcs-12 already."
        ),
        Bad(
            testDescription: "another uuid than was shown",
            body: #"{"server": "2", "confirm": "another", "change_owner": true, "reason": "x"}"#,
            status: 409,
            field: "confirm",
            sentence: "not the uuid of the server that the plan shows"
        ),
        Bad(
            testDescription: "nothing said of the owner",
            body: #"{"server": "2", "confirm": "UUID", "reason": "x"}"#,
            status: 400,
            field: "change_owner",
            sentence: "becomes theirs (true) or stays (false)"
        ),
        Bad(
            testDescription: "an owner that is neither",
            body: #"{"server": "2", "confirm": "UUID", "change_owner": "yes", "reason": "x"}"#,
            status: 400,
            field: "change_owner",
            sentence: "has the wrong type"
        ),
        Bad(
            testDescription: "no reason",
            body: #"{"server": "2", "confirm": "UUID", "change_owner": true}"#,
            status: 400,
            field: "reason",
            sentence: "A reason of at most 1,000 characters is required"
        ),
        Bad(
            testDescription: "a subscription that has its server",
            subscription: "6",
            body: #"{"server": "2", "confirm": "UUID", "change_owner": true, "reason": "x"}"#,
            status: 409,
            sentence: "The subscription has a server already"
        ),
        Bad(
            testDescription: "a server that is another subscription's, although the panel does not show it any more",
            body: #"{"server": "7's", "confirm": "UUID", "change_owner": true, "reason": "x"}"#,
            status: 409,
            sentence: "The server is that of subscription 7 already."
        ),
    ]

    @Test func `each bad input to the import of a server has its sentence and changes nothing`() async throws {
        var world = PanelWorld.withRoom
        let castle = world.addServer("Castle")
        let tower = world.addServer("Tower")
        #expect(castle == 2 && tower == 3)
        try await withCommunity(world, catalog: .dedicated()) { community in
            community.panel.changeServer(tower) { $0.externalID = "whmcs-12" }
            try await community.buy("awakened", subscription: "4")
            try await community.buy("small-server", subscription: "6", customer: "78")
            try await community.buy("small-server", subscription: "7", customer: "79")
            try await community.settled()
            #expect(try await community.api("POST", "pause").status == 200)
            let others = try #require(community.bought("7"))
            community.panel.changeServer(others.id) { $0.externalID = nil }
            try await community.buy("small-server", subscription: "5")
            try await community.buy("small-server", subscription: "3", customer: "80")
            try await community.send(.terminated, "3")
            try await community.quiet()
            let before = try await everything(community)
            for bad in Self.inputs {
                let server = bad.body.contains("7's") ? others : try #require(community.panel.server(castle))
                let body = bad.body.replacing("7's", with: "\(others.id)").replacing("UUID", with: server.uuid)
                let answer = try await community.request(
                    "POST",
                    "/api/v1/dedicated/\(bad.subscription)/import",
                    headers: ["Authorization": "Bearer \(Community.token)", "Content-Type": "application/json"],
                    body: Data(body.utf8)
                )
                expectProblem(answer, bad.status, field: bad.field)
                #expect(answer.problem.detail.contains(bad.sentence), "\(bad.testDescription): \(answer.text)")
                #expect(try await everything(community) == before, "\(bad.testDescription)")
            }
            #expect(community.writes.isEmpty)
        }
    }

    private func everything(_ community: Community) async throws -> [String] {
        var parts: [String] = []
        for path in ["dedicated", "audit-log", "operations"] {
            parts.append(try await community.api("GET", path).text)
        }
        return parts
    }
}
