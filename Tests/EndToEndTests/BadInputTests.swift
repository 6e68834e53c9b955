import Billing
import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// Bad input on the bridge's side, line by line: each is said in a sentence to whoever can act, and nobody loses or gets anything by it.
///
/// Paymenter's half of the list is `paymenter-extension/tests/BadInputTest.php`, that of its API is in `PaymenterReadingTests`, and a
/// Minecraft name that is none in `RankTests`.
@Suite(.timeLimit(.minutes(5)))
struct BadInputTests {
    // MARK: One delivery

    struct Spoilt: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// Seconds that the attempt's timestamp is off.
        var seconds: Int64 = 0
        var change: @Sendable (inout Data, inout [String: String]) -> Void = { _, _ in }
        var status = 401
        var sentence: String
    }

    private static let unsigned = "no signature matches a configured secret"

    static let deliveries = [
        Spoilt(
            testDescription: "a body that was changed after signing",
            change: { body, _ in
                body = Data(String(decoding: body, as: UTF8.self).replacing("manual", with: "Manual").utf8)
            },
            sentence: unsigned
        ),
        Spoilt(
            testDescription: "one byte more",
            change: { body, _ in body.append(UInt8(ascii: " ")) },
            sentence: unsigned
        ),
        Spoilt(
            testDescription: "the signature of another delivery's id",
            change: { _, headers in headers["webhook-id"] = "another" },
            sentence: unsigned
        ),
        Spoilt(
            testDescription: "another timestamp than was signed",
            change: { _, headers in
                headers["webhook-timestamp"] = String((Int64(headers["webhook-timestamp"] ?? "") ?? 0) + 1)
            },
            sentence: unsigned
        ),
        Spoilt(
            testDescription: "another secret",
            change: { body, headers in
                let other = "whsec_" + Data("another secret of thirty-two bytes".utf8).base64EncodedString()
                guard let secret = try? WebhookSecret(other), let id = headers["webhook-id"],
                    let seconds = headers["webhook-timestamp"].flatMap({ Int64($0) })
                else { return }
                let moment = Timestamp(milliseconds: seconds * 1000)
                let signed = StandardWebhooks.headers(id: id, at: moment, body: body, secret: secret)
                headers = Dictionary(uniqueKeysWithValues: signed.map { ($0.key.rawValue, $0.value) })
            },
            sentence: unsigned
        ),
        Spoilt(
            testDescription: "no signature",
            change: { _, headers in headers["webhook-signature"] = nil },
            sentence: "the header webhook-signature is missing"
        ),
        Spoilt(
            testDescription: "a genuine delivery that somebody kept and sends again later",
            seconds: -310,
            sentence: "the delivery is correctly signed, but its timestamp is 3"
        ),
        Spoilt(
            testDescription: "a sender whose clock is ahead",
            seconds: 310,
            sentence: "the delivery is correctly signed, but its timestamp is 3"
        ),
        Spoilt(
            testDescription: "a signed body that is none",
            change: { _, _ in },
            status: 400,
            sentence: "status: expected a string"
        ),
    ]

    @Test(arguments: deliveries)
    func
        `a delivery that cannot be believed takes nothing, says why to both sides, and leaves the way to the genuine one`(
            _ spoilt: Spoilt
        ) async throws
    {
        try await withKnight { community in
            let before = try await everything(community)
            let now = community.clock.now
            var ending = EventFacts()
            ending.status = .value(.cancelled)
            ending.reason = .value("manual")
            let genuine = DeliveryBody(.terminated, subscription: "1", occurredAt: now, facts: ending)
            var body = try genuine.json()
            if spoilt.status == 400 {
                body = Data(String(decoding: body, as: UTF8.self).replacing(#""cancelled""#, with: "true").utf8)
            }
            var sent = body
            let answer = try await community.deliver(body, id: "one", at: now + .seconds(spoilt.seconds)) {
                spoilt.change(&sent, &$0)
            } sending: {
                sent
            }
            expectProblem(answer, spoilt.status, field: spoilt.status == 400 ? "status" : nil)
            #expect(answer.problem.detail.contains(spoilt.sentence), "\(answer.text)")

            try await community.settled()
            #expect(try await everything(community) == before)
            let status = try await community.api("GET", "status").object
            if spoilt.status == 401 {
                let turnedAway = status["last_turned_away"] as? [String: Any]
                #expect((turnedAway?["detail"] as? String)?.contains(spoilt.sentence) == true)
            }
            let attention = (status["attention"] as? [String] ?? []).joined(separator: "\n")
            #expect(attention.contains("Check both clocks.") == (spoilt.seconds != 0), "\(attention)")
            #expect(attention.contains("1 delivery was correctly signed but unusable") == (spoilt.status == 400))

            #expect(try await community.deliver(try genuine.json(), id: "one").status == 202)
            try await community.eventually("the genuine one takes it") { community.panel.subusers.isEmpty }
        }
    }

    // MARK: Lists

    enum Tampering: String, CaseIterable, Sendable {
        case nothing = "nothing: two whole lists without the service"
        case changedPage = "a page changed after signing"
        case pageOfAnotherSecret = "a page signed with another secret"
        case replayedPage = "a page that stands for two"
        case oldPage = "a page kept and sent again too late"
        case pageOfAnotherGeneration = "the second page is of another generation"
        case contradictoryPages = "pages that do not agree on how many they are"
        case missingPage = "the second page never comes"
        case pageBeyondTheLast = "page 3 of 2"
    }

    @Test(arguments: Tampering.allCases)
    func `only whole and genuine lists say by leaving out, and only what is said is believed`(_ tampering: Tampering)
        async throws
    {
        try await withKnight { community in
            let before = try await everything(community)
            for round in 1...3 {
                community.clock.advance(by: .seconds(1200))
                try await sendList(tampering, generation: "g\(round)", to: community)
                try await community.settled()
            }
            let status = try await community.api("GET", "status").object
            let attention = (status["attention"] as? [String] ?? []).joined(separator: "\n")
            guard tampering != .nothing else {
                #expect(try await community.standing() == "ended", "the test would see it")
                return
            }
            #expect(try await everything(community) == before)
            #expect(try await community.state() == "converged")
            #expect(
                attention.contains("3 full lists of services came whose pages do not go together")
                    == (tampering == .contradictoryPages),
                "\(attention)"
            )
            #expect(
                attention.contains("3 deliveries were correctly signed but unusable")
                    == (tampering == .pageBeyondTheLast),
                "\(attention)"
            )
        }
    }

    private func sendList(_ tampering: Tampering, generation: String, to community: Community) async throws {
        func page(_ number: Int, of pages: Int = 2, in generation: String = generation) throws -> Data {
            let body: [String: Any] = [
                "event": "subscriptions.snapshot", "generation": generation, "page": number, "pages": pages,
                "occurred_at": community.clock.now.iso8601, "subscriptions": [[String: Any]](),
            ]
            return try JSONSerialization.data(withJSONObject: body, options: .sortedKeys)
        }
        func accepted(_ answer: Answer) { #expect(answer.status == 202, "\(answer.text)") }
        let (first, second) = ("list_\(generation)_1", "list_\(generation)_2")
        accepted(try await community.deliver(try page(1), id: first))
        switch tampering {
        case .nothing: accepted(try await community.deliver(try page(2), id: second))
        case .changedPage:
            let answer = try await community.deliver(try page(1), id: second) { _ in
            } sending: {
                try page(2)
            }
            expectProblem(answer, 401)
            #expect(answer.problem.detail == Self.unsigned)
        case .pageOfAnotherSecret:
            let answer = try await community.deliver(try page(2), id: second) { $0["webhook-signature"] = "v1,AAAA" }
            expectProblem(answer, 401)
        case .replayedPage:
            #expect(try await community.deliver(try page(1), id: first).statusWord == "duplicate")
            accepted(try await community.deliver(try page(1), id: "\(first)-again"))
        case .oldPage:
            let answer = try await community.deliver(try page(2), id: second, at: community.clock.now - .seconds(310))
            expectProblem(answer, 401)
            #expect(answer.problem.detail.contains("is correctly signed, but its timestamp is 31"))
        case .pageOfAnotherGeneration:
            accepted(try await community.deliver(try page(2, in: "\(generation)-other"), id: second))
        case .contradictoryPages:
            accepted(try await community.deliver(try page(2, of: 3), id: second))
            accepted(try await community.deliver(try page(2), id: "\(second)-again"))
            try await community.settled()
            let notes = try await community.api("GET", "events").items.compactMap { $0["note"] as? String }
            #expect(notes.contains { $0.hasPrefix("The list \(generation) has 3 pages by this one") }, "\(notes)")
        case .missingPage: break
        case .pageBeyondTheLast: expectProblem(try await community.deliver(try page(3), id: second), 400, field: "page")
        }
    }

    // MARK: What is well formed and unknown

    @Test(arguments: [
        ("web-hosting", "knihgt", #"its product "web-hosting" belongs to no tier."#),
        ("", "knihgt", "its product"),
    ])
    func `a product and a tier that nobody sells keep what was given, and the customer's page says what to add where`(
        product: String,
        tier: String,
        sentence: String
    ) async throws {
        try await withKnight { community in
            let subusers = community.panel.subusers
            try await community.send(.updated, "1") {
                $0.product = .value(ProductID(product))
                $0.tier = .value(TierID(tier))
            }
            try await community.settled()
            #expect(community.panel.subusers == subusers)
            let reasons = try await community.reasons().joined(separator: "\n")
            #expect(reasons.contains(sentence), "\(reasons)")
            #expect(reasons.contains("Add the product to a tier in the configuration."), "\(reasons)")
            let attention = try await community.api("GET", "status").object["attention"] as? [String] ?? []
            #expect(attention.contains { $0.hasPrefix("1 customer needs a person") })

            try await community.send(.updated, "1") { $0.tier = .value("knight") }
            try await community.eventually("it is mended") { try await community.state() == "converged" }
            #expect(community.panel.subusers == subusers)
        }
    }

    // MARK: -

    private func withKnight(_ body: (Community) async throws -> Void) async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("knight", paidFor: nil)
            try await community.eventually("the access is there") { community.panel.subusers.count == 3 }
            try await community.settled()
            try await body(community)
        }
    }

    /// What the customer has, by our account and the panel's.
    private func everything(_ community: Community) async throws -> String {
        let rows = community.panel.subusers.map { "\($0)" }.sorted().joined(separator: "\n")
        let customer = try await community.customer("77").filter {
            ["state", "tier", "subscriptions"].contains($0.key)
        }
        let text = try JSONSerialization.data(withJSONObject: customer, options: .sortedKeys)
        return String(decoding: text, as: UTF8.self) + "\n" + rows
    }
}

extension Community {
    func standing(of customer: String = "77") async throws -> String? {
        (try await self.customer(customer)["subscriptions"] as? [[String: Any]])?.first?["status"] as? String
    }

    /// Signs one body and sends another.
    fileprivate func deliver(
        _ body: Data,
        id: String,
        at moment: Timestamp? = nil,
        changing change: (inout [String: String]) -> Void,
        sending other: () throws -> Data
    ) async throws -> Answer {
        let signed = StandardWebhooks.headers(
            id: id,
            at: moment ?? clock.now,
            body: body,
            secret: try WebhookSecret(Self.secret)
        )
        var headers = Dictionary(uniqueKeysWithValues: signed.map { ($0.key.rawValue, $0.value) })
        change(&headers)
        return try await request("POST", "/webhooks/paymenter", headers: headers, body: try other())
    }
}
