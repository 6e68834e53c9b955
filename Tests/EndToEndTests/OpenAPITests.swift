import Entitlements
import Foundation
import Provisioning
import SQLiteLedger
import Testing
import Web

/// The document says what the service does, and the service does what the document says.
@Suite(.timeLimit(.minutes(3)))
struct OpenAPITests {
    private static func document() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.json.utf8)) as? [String: Any])
    }

    private static func operations() throws -> [String: [String: Any]] {
        let paths = try #require(try document()["paths"] as? [String: [String: [String: Any]]])
        var operations: [String: [String: Any]] = [:]
        for (path, methods) in paths {
            for (method, operation) in methods { operations["\(method.uppercased()) \(path)"] = operation }
        }
        return operations
    }

    /// What pages are made of; the document is for programs.
    private static let console: Set<String> = [
        "/", "/assets", "/sign-in", "/sign-out", "/customers", "/attention", "/upcoming", "/drift", "/log", "/matrix",
        "/deliveries", "/panel", "/dedicated", "/held", "/service", "/live",
    ]

    /// All that is served, as `GET /api/v1/status`.
    private static func routes() throws -> Set<String> {
        let folder = FileManager.default.temporaryDirectory.appending(path: "paydactyl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let ledger = try SQLiteLedger(path: folder.appending(path: "ledger.sqlite").path)
        let routes = try WebServer.alone(on: ledger).routes
        try ledger.close()
        return routes
    }

    private static func isOfConsole(_ route: String) -> Bool {
        let path = route.drop { $0 != "/" }
        return console.contains("/" + path.dropFirst().prefix { $0 != "/" })
    }

    /// What the console serves, in order.
    static func consoleRoutes() throws -> [String] {
        try routes().filter(isOfConsole).sorted()
    }

    @Test func `every address that is served is described, and nothing else is`() throws {
        let served = try Self.routes().filter { !Self.isOfConsole($0) }
        let described = Set(try Self.operations().keys)
        #expect(served.subtracting(described).sorted() == [], "served and not described")
        #expect(described.subtracting(served).sorted() == [], "described and not served")
    }

    @Test func `every change takes a key, and says what becomes of a repeat`() throws {
        for (route, operation) in try Self.operations() where route.contains("/api/v1/") && !route.hasPrefix("GET") {
            let parameters = operation["parameters"] as? [[String: Any]] ?? []
            #expect(
                parameters.contains { $0["$ref"] as? String == "#/components/parameters/IdempotencyKey" },
                "\(route)"
            )
            let answers = Set((operation["responses"] as? [String: Any] ?? [:]).keys)
            #expect(answers.isSuperset(of: ["400", "409", "413", "422"]), "\(route)")
        }
    }

    @Test func `what any operation of its kind may answer is described`() throws {
        for (route, operation) in try Self.operations() where route.contains("/api/v1/") {
            let answers = Set((operation["responses"] as? [String: Any] ?? [:]).keys)
            #expect(
                answers.isSuperset(of: ["401", "403", "429"]),
                "\(route): tokens are asked for, and guesses slowed down"
            )
            if operation["requestBody"] != nil { #expect(answers.contains("408"), "\(route): its body may not come") }
            if route.contains("{customer}") {
                #expect(answers.isSuperset(of: ["404", "409"]), "\(route): several customers may have an e-mail")
            }
        }
    }

    @Test func `every operation has a name of its own, and every reference leads somewhere`() throws {
        let names = try Self.operations().values.compactMap { $0["operationId"] as? String }
        #expect(names.count == (try Self.operations().count))
        #expect(Set(names).count == names.count)
        let schema = JSONSchema(document: try Self.document())
        for found in OpenAPIDocument.json.matches(of: /"\$ref": "([^"]+)"/) {
            #expect(schema.resolve(String(found.output.1)) != nil, "\(found.output.1)")
        }
    }

    /// What this town has no occasion for, and what succeeds in tests of its own.
    ///
    /// It has no server of anybody's own, no locked panel, no restored ledger, and no drift to decide: see `EveryOperationTests`.
    static let refusedHere = [
        "POST /api/v1/dedicated/{subscription}/confirm-deletion", "POST /api/v1/dedicated/{subscription}/hand-over",
        "POST /api/v1/dedicated/{subscription}/import", "POST /api/v1/dedicated/{subscription}/let-go",
        "POST /api/v1/drift/{line}/accept", "POST /api/v1/drift/{line}/repair", "POST /api/v1/enforce",
        "POST /api/v1/events/{number}/acknowledge", "POST /api/v1/panels/{panel}/unlock",
    ]

    @Test func `what a running service answers is of the shape that is described`() async throws {
        let operations = try Self.operations()
        let schema = JSONSchema(document: try Self.document())
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test")
            try await community.pay("78", "bob@example.test")
            _ = try await community.send(.created, "9") {
                $0.customerID = .value("90")
                $0.product = .value("nobody-sells-this")
                $0.status = .value(.active)
            }
            try await community.settled()
            var asked: Set<String> = []
            var succeeded: Set<String> = []
            func ask(_ route: String, _ path: String, _ body: [String: Any]? = nil) async throws -> [String: Any] {
                asked.insert(route)
                let method = String(route.prefix { $0 != " " })
                let answer =
                    path.hasPrefix("/")
                    ? try await community.request(method, path) : try await community.api(method, path, body)
                if (200..<300).contains(answer.status) { succeeded.insert(route) }
                let operation = try #require(operations[route], "\(route)")
                let answers = operation["responses"] as? [String: [String: Any]] ?? [:]
                var described = try #require(
                    answers["\(answer.status)"],
                    "\(route) answered \(answer.status): \(answer.text)"
                )
                if let reference = described["$ref"] as? String { described = try #require(schema.resolve(reference)) }
                let content = described["content"] as? [String: [String: Any]] ?? [:]
                guard let (type, shape) = content.first else {
                    #expect(answer.text.isEmpty, "\(route)")
                    return [:]
                }
                #expect(answer.header("content-type")?.hasPrefix(type) == true, "\(route)")
                guard type.hasSuffix("json"), let expected = shape["schema"] as? [String: Any] else { return [:] }
                let faults = schema.faults(of: answer.object, in: expected)
                #expect(faults == [], "\(route): \(answer.text.prefix(600))")
                return answer.object
            }
            for path in [
                "openapi.json", "status", "customers", "subscriptions", "events", "operations", "plan", "drift",
                "upcoming",
                "overrides", "breaker", "servers", "tiers", "billing/wanted", "audit-log", "dedicated", "rollbacks",
                "work", "reasons",
            ] { _ = try await ask("GET /api/v1/\(path)", path) }
            for path in ["/health/live", "/health/ready", "/metrics"] { _ = try await ask("GET \(path)", path) }
            let customer = "/api/v1/customers/{customer}"
            for key in ["77", "90", "nobody"] {
                _ = try await ask("GET \(customer)", "customers/\(key)")
                _ = try await ask("GET \(customer)/explain", "customers/\(key)/explain")
                _ = try await ask("GET \(customer)/timeline", "customers/\(key)/timeline")
                _ = try await ask("GET \(customer)/plan", "customers/\(key)/plan")
                _ = try await ask("POST \(customer)/retry", "customers/\(key)/retry")
                for until in ["2099-12-31", "2020-01-01"] {
                    let day = ["until": until, "reason": "agreed by mail"]
                    _ = try await ask("GET \(customer)/postpone", "customers/\(key)/postpone?until=\(until)")
                    _ = try await ask("POST \(customer)/postpone", "customers/\(key)/postpone", day)
                }
            }
            for number in ["1", "999"] {
                _ = try await ask("GET /api/v1/events/{number}", "events/\(number)")
                _ = try await ask("POST /api/v1/events/{number}/replay", "events/\(number)/replay")
                let known = ["reason": "a partial refund"]
                _ = try await ask("POST /api/v1/events/{number}/acknowledge", "events/\(number)/acknowledge", known)
                _ = try await ask("POST /api/v1/operations/{number}/retry", "operations/\(number)/retry")
                _ = try await ask("GET /api/v1/rollbacks/{number}", "rollbacks/\(number)")
                _ = try await ask("POST /api/v1/rollbacks/{number}/stop", "rollbacks/\(number)/stop")
            }
            for what in ["accept", "repair"] {
                _ = try await ask("POST /api/v1/drift/{line}/\(what)", "drift/000/\(what)", ["reason": "x"])
            }
            let dedicated = "/api/v1/dedicated/{subscription}"
            _ = try await ask("GET \(dedicated)", "dedicated/1")
            let deletion: [String: Any] = ["panel": "main", "number": 1, "server": 1, "reason": "x"]
            _ = try await ask("POST \(dedicated)/confirm-deletion", "dedicated/1/confirm-deletion", deletion)
            _ = try await ask("POST \(dedicated)/hand-over", "dedicated/1/hand-over", ["reason": "x"])
            for body: [String: Any] in [deletion, ["panel": "main", "number": 1, "reason": "x"]] {
                _ = try await ask("POST \(dedicated)/let-go", "dedicated/1/let-go", body)
            }
            _ = try await ask("POST \(dedicated)/import", "dedicated/1/import", ["server": "1"])
            for server in ["Staff%20Only", "nowhere"] {
                _ = try await ask("GET /api/v1/servers/{server}/regrant", "servers/\(server)/regrant")
                _ = try await ask("POST /api/v1/servers/{server}/regrant", "servers/\(server)/regrant")
            }
            let overrides = "/api/v1/overrides"
            let grant = [
                "customer": "78", "kind": "grant", "tier": "knight", "until": "2099-12-31", "reason": "a prize",
            ]
            let made = try await ask("POST \(overrides)", "overrides", grant)
            _ = try await ask("POST \(overrides)", "overrides", ["customer": "78", "kind": "explode", "reason": "x"])
            _ = try await ask("GET \(overrides)", "overrides?all=true")
            let id = try #require(made["id"] as? String)
            _ = try await ask("DELETE \(overrides)/{id}", "overrides/\(id)?reason=over")
            _ = try await ask("DELETE \(overrides)/{id}", "overrides/\(id)")
            for decision in ["approve", "discard"] {
                _ = try await ask("POST /api/v1/breaker/\(decision)", "breaker/\(decision)", ["customers": ["77"]])
            }
            for change in ["pause", "resume", "audit", "enforce"] {
                _ = try await ask("POST /api/v1/\(change)", change)
            }
            _ = try await ask("POST /api/v1/panels/{panel}/unlock", "panels/main/unlock")
            let table = "subscription_id,customer_email,product_id,paid_through\n5,eve@example.test,awakened,never\n"
            _ = try await ask("POST /api/v1/import", "import", ["csv": table])
            _ = try await ask("POST /api/v1/import", "import")
            let back = (community.clock.now - .seconds(3600)).iso8601
            let plan = try await ask("POST /api/v1/rollback/plan", "rollback/plan", ["to": back])
            let apply = ["to": back, "fingerprint": plan["fingerprint"] as? String ?? "", "reason": "a mistake"]
            _ = try await ask("POST /api/v1/rollback/apply", "rollback/apply", apply)
            _ = try await ask("GET /api/v1/rollbacks/{number}", "rollbacks/1")
            _ = try await ask("POST /api/v1/rollbacks/{number}/stop", "rollbacks/1/stop")
            // Deliveries have tests of their own, since they must be signed.
            let left = Set(operations.keys).subtracting(asked).sorted()
            #expect(
                left == ["POST /webhooks/paymenter", "POST /webhooks/paymenter/questions", "POST /webhooks/stripe"]
            )
            #expect(asked.subtracting(succeeded).sorted() == Self.refusedHere)
        }
    }

    @Test func `nothing that is described as behind a token answers without one`() async throws {
        let guarded = try Self.operations().filter { $1["security"] == nil }.keys.sorted()
        #expect(guarded.count > 40)
        try await withCommunity(in: Surroundings()) { community in
            for route in guarded {
                let parts = route.split(separator: " ").map(String.init)
                let path = parts[1].replacing(/\{\w+\}/, with: "1")
                expectProblem(try await community.request(parts[0], path), 401)
                let wrong = ["Authorization": "Bearer not-the-token-of-anybody"]
                expectProblem(try await community.request(parts[0], path, headers: wrong), 401)
            }
        }
    }
}
