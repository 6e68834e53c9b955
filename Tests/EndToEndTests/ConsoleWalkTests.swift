import Entitlements
import Foundation
import Observability
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// Everything that the console serves, looked at by those who may not and with the words of those who mean harm.
@Suite(.timeLimit(.minutes(3)))
struct ConsoleWalkTests {
    /// What no link leads to.
    private static let elsewhere: Set<String> = ["/live", "/sign-in", "/assets/console.js"]
    private static let open: Set<String> = ["/sign-in", "/sign-out"]

    /// All that the console serves, with something in place of each parameter.
    private static func routes() throws -> [(method: String, path: String)] {
        try OpenAPITests.consoleRoutes().map { route in
            let parts = route.split(separator: " ").map(String.init)
            let path = parts[1].replacing("{customer}", with: "77").replacing("{number}", with: "1")
                .replacing("{line}", with: "000000000000").replacing("{panel}", with: "main")
            return (parts[0], path)
        }.filter { !open.contains($0.path) && !$0.path.hasPrefix("/assets/") }
    }

    @Test func `no address of the console answers without a session, or changes anything without its form's token`()
        async throws
    {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test", name: "Ada Lovelace")
            let stranger = ConsoleVisitor(community)
            var person = ConsoleVisitor(community)
            _ = try await person.signIn()
            var viewer = ConsoleVisitor(community)
            _ = try await viewer.signIn(ServiceConfiguration.viewerToken)
            let viewersToken = try await viewer.formToken()
            let routes = try Self.routes()
            #expect(routes.count > 18)
            let fields = ["action": "ban", "reason": "x", "until": "2099-01-01", "attempt": "a"]
            for (method, path) in routes {
                if method == "GET" {
                    let answer = try await stranger.get(path)
                    #expect(answer.status == 303, "\(path)")
                    #expect(answer.header("location")?.hasPrefix("/sign-in") == true, "\(path)")
                    #expect(answer.text.isEmpty, "\(path)")
                    continue
                }
                let answer = try await stranger.post(path, fields)
                #expect(answer.status == 303 && answer.header("location") == "/sign-in", "\(path)")
                #expect(try await person.post(path, fields).status == 403, "\(path)")
                let foreign = fields.merging(["form_token": viewersToken]) { $1 }
                #expect(try await person.post(path, foreign).status == 403, "\(path): another session's form")
                let looking = try await viewer.post(path, foreign)
                #expect(looking.status == 403 && looking.text.contains("may only look"), "\(path)")
            }
            #expect(try await community.api("GET", "audit-log").items.isEmpty)
            #expect(try await community.api("GET", "overrides").items.isEmpty)
        }
    }

    /// A mark behind which all is written from right to left, until the end of the line.
    private static let turned = "\u{202E}"
    private static let hostile =
        #""><script>alert(1)</script><img src=x onerror=alert(2)>'{{#frame}}{{formToken}}{{/frame}}"# + turned

    private static func hostileCatalog() -> Catalog {
        var tiers = Catalog.small.tiers
        tiers[1].products.append(ProductID(hostile))
        tiers[1].luckPerms = LuckPermsGroup("knight").map { TierRank(group: $0, servers: "frost") }
        tiers[1].dedicated = DedicatedOffer(egg: "Paper", limits: DedicatedLimits(memory: 512, disk: 512, cpu: 50))
        return Catalog(tiers: tiers, groups: Catalog.small.groups.values.map(\.self))
    }

    /// Everybody who can write anything has written harm: customers, billing, the panel's people, a person who decides.
    private func poison(_ community: Community) async throws {
        let hostile = Self.hostile
        try await community.send(.created, hostile) { facts in
            facts.customerID = .value(hostile)
            facts.email = .value("\(hostile)@example.test")
            facts.name = .value(hostile)
            facts.product = .value(ProductID(hostile))
            facts.status = .value(.active)
            facts.paidThrough = .value(community.clock.now + .days(3))
            facts.properties = ["player": hostile]
        }
        try await community.pay("77", "ada@example.test", name: hostile, settle: false)
        try await community.send(.created, "unsold") { facts in
            facts.customerID = .value("78")
            facts.name = .value(hostile)
            facts.product = .value(ProductID("unsold" + hostile))
            facts.status = .value(.active)
        }
        for body in [
            ["event": hostile, "subscription_id": "1", "customer_id": "77"],
            ["event": "subscription.created", "subscription_id": "9", "customer_id": "77", "paid_through": hostile],
        ] {
            try await community.deliver(try JSONSerialization.data(withJSONObject: body), id: "id-\(UUID().uuidString)")
        }
        let staff = community.panel.addUser(PanelUser(username: hostile, email: "staff@example.test"))
        let frost = try community.server("Frost Path I\(hostile)")
        _ = community.panel.addSubuser(user: staff.id, server: frost, permissions: ["control.stop", hostile])
        try await community.settled()
        for decision in [
            ["kind": "grant", "tier": "knight", "until": "2099-01-01"], ["kind": "hold", "until": "2099-01-01"],
            ["kind": "ban"],
        ] {
            let body = decision.merging(["customer": "77", "reason": hostile]) { $1 }
            #expect(try await community.api("POST", "overrides", body).status == 201)
        }
        _ = try await community.api("POST", "audit")
        try await community.eventually("the stranger is seen") {
            try await community.api("GET", "drift").text.contains("stranger")
        }
    }

    @Test func `what others wrote is text on every page that there is`() async throws {
        let world = PanelWorld.servers(["Frost Path I\(Self.hostile)", "Creative Plots"])
        try await withCommunity(
            world,
            catalog: Self.hostileCatalog(),
            configure: { $0.billing.paymenter.playerProperty = "player" }
        ) { community in
            try await poison(community)
            var visitor = ConsoleVisitor(community)
            _ = try await visitor.signIn()
            let formToken = try await visitor.formToken()
            let walk = try await ConsoleWalk(visitor)
            let pages = try OpenAPITests.consoleRoutes().filter { $0.hasPrefix("GET") }.map {
                ConsoleWalk.kind(String($0.dropFirst(4)).replacing(/\{\w+\}/, with: "x"))
            }
            #expect(Set(pages).subtracting(Self.elsewhere).subtracting(walk.kinds) == [], "not walked to")
            var shown = 0
            for (path, page) in walk.pages {
                expectHarmless(page.text, path, formToken)
                if page.text.contains("&lt;script&gt;alert(1)") { shown += 1 }
            }
            #expect(shown > 10, "it is shown, as text")
            try await confirmHarmless(visitor, formToken)
        }
    }

    /// The pages before a decision repeat what was typed.
    private func confirmHarmless(_ visitor: ConsoleVisitor, _ formToken: String) async throws {
        for action in ["grant", "hold", "ban", "postpone", "release", Self.hostile] {
            let fields = [
                "form_token": formToken, "action": action, "tier": "knight", "until": "2099-01-02",
                "reason": Self.hostile,
                "override": Self.hostile,
            ]
            for path in [
                "/customers/77/confirm", "/held/confirm", "/service", "/drift/\(segmented(Self.hostile))/decide",
            ] {
                let answer = try await visitor.post(path, fields)
                expectHarmless(answer.text, "\(path) \(action)", formToken)
            }
        }
        for path in [
            "/customers?search=\(segmented(Self.hostile))&state=\(segmented(Self.hostile))",
            "/customers/\(segmented(Self.hostile))x",
            "/sign-in?next=\(segmented(Self.hostile))", "/deliveries/\(segmented(Self.hostile))",
            "/customers/77?reason=\(segmented(Self.hostile))&until=\(segmented(Self.hostile))",
            "/upcoming?after=\(segmented(Self.hostile))", "/\(segmented(Self.hostile))",
        ] { expectHarmless(try await visitor.get(path).text, path, formToken) }
    }

    private func segmented(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private func expectHarmless(_ page: String, _ path: String, _ formToken: String) {
        #expect(!page.contains("<script>") && !page.contains("<img"), "\(path): \(page)")
        #expect(!page.contains(Self.turned), "\(path): what somebody wrote turns the words behind it around")
        let shown = page.replacing("value=\"\(formToken)\"", with: "")
        #expect(!shown.contains(formToken), "\(path): a template in what others wrote was filled in")
    }
}
