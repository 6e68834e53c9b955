import Billing
import Entitlements
import Foundation
import Observability
import Synchronization
import Testing

/// The client of Paymenter's API against what a real Paymenter answered.
struct PaymenterAPITests {
    /// Answers every question alike and keeps what was asked.
    private final class Clerk: Sendable {
        let asked = Mutex<[PaymenterRequest]>([])
        let answer: @Sendable (PaymenterRequest) throws -> PaymenterAnswer

        init(_ answer: @escaping @Sendable (PaymenterRequest) throws -> PaymenterAnswer) {
            self.answer = answer
        }

        convenience init(recording name: String) throws {
            let answer = try PaymenterRecording(name).answer
            self.init { _ in answer }
        }

        var api: PaymenterAPI {
            get throws {
                PaymenterAPI(
                    url: try #require(URL(string: "https://billing.example.com/shop")),
                    token: Redacted("PAYM0123456789"),
                    transport: PaymenterTransport { request in
                        self.asked.withLock { $0.append(request) }
                        return try self.answer(request)
                    }
                )
            }
        }
    }

    private func page(_ recording: String, status: String? = nil) async throws -> PaymenterPage<PaymenterService> {
        try await Clerk(recording: recording).api.services(page: 1, status: status)
    }

    @Test func `a page of services is read with its users, products and properties`() async throws {
        let page = try await page("services-list")
        #expect(page.hasNext)
        #expect(page.things.map(\.id) == ["1", "2", "3"])
        #expect(page.things.map(\.status) == ["active", "cancelled", "cancelled"])
        let first = try #require(page.things.first)
        #expect(first.customerID == "1")
        #expect(first.email == "ada+1795430288@example.test")
        #expect(first.name == "Ada Lovelace")
        #expect(first.product == "fire-elemental")
        #expect(first.productNumber == "1")
        #expect(first.properties == ["minecraft_username": "Ada_Lovelace"])
        #expect(first.expiryDay?.rfc3339 == "2026-11-28T00:00:00Z")
        #expect(first.changedAt.rfc3339 == "2026-11-23T10:38:12Z")
    }

    @Test func `what is paid for lasts to the end of the day that is shown`() async throws {
        let first = try #require(try await page("services-list").things.first)
        #expect(first.facts.paidThrough.value?.rfc3339 == "2026-11-29T00:00:00Z")
        #expect(first.facts.tier == .unstated)
        #expect(first.facts.endsAt == .unstated)
        #expect(first.facts.reason == .unstated)
    }

    @Test func `an invoice names the services that were paid with it, and nothing else`() async throws {
        let one = Clerk { _ in
            // As a list with its first invoice alone, which is what asking for one gives.
            let recording = try PaymenterRecording("invoices-list")
            var document = try JSONSerialization.jsonObject(with: recording.body) as? [String: Any] ?? [:]
            document["data"] = (document["data"] as? [Any])?.first
            document["links"] = nil
            document["meta"] = nil
            return PaymenterAnswer(
                status: 200,
                contentType: recording.contentType,
                body: Array(try JSONSerialization.data(withJSONObject: document))
            )
        }
        let invoice = try #require(try await one.api.invoice("1"))
        #expect(invoice.id == "1")
        #expect(invoice.services == ["1"])
        #expect(one.asked.withLock { $0.map(\.target) } == ["/api/v1/admin/invoices/1?include=items"])
    }

    @Test(arguments: ["", "1/../../users", "1?x=1", "²", "999999999999999999999"])
    func `what is no invoice's number is not asked for`(_ id: String) async throws {
        let clerk = try Clerk(recording: "invoices-list")
        #expect(try await clerk.api.invoice(id) == nil)
        #expect(clerk.asked.withLock { $0.isEmpty })
    }

    @Test func `a question carries the key, asks for what was changed last, and keeps its bounds`() async throws {
        let clerk = try Clerk(recording: "services-list")
        _ = try await clerk.api.services(page: 7, status: "active")
        let request = try #require(clerk.asked.withLock { $0.first })
        #expect(
            request.url == "https://billing.example.com/shop/api/v1/admin/services?include=user%2Cproduct%2Cproperties"
                + "&sort=-updated_at&per_page=100&page=7&filter%5Bstatus%5D=active"
        )
        #expect(request.token.reveal() == "PAYM0123456789")
        #expect(!"\(request)".contains("PAYM"))
        #expect(request.maximumBodySize == 8 << 20)
        #expect(request.timeout == .seconds(30))
    }

    @Test func `a filter that matches more than was meant is compared exactly afterwards`() async throws {
        let services = try await page("services-list", status: "cancelled")
        #expect(services.things.map(\.id) == ["2", "3"])
        // Recorded: ?filter[status]=a gives active and cancelled alike, and no relations, without which nothing is believed.
        await #expect(throws: PaymenterAPIError.unexpected("service 1 comes without its user")) {
            _ = try await page("services-filter-partial", status: "a")
        }
    }

    @Test func `a list ends where no page is named after it, or where a page is empty`() async throws {
        #expect(try await page("services-last-page").hasNext == false)
        #expect(try await page("services-last-page").things.isEmpty)
        let endless = Clerk { _ in
            PaymenterAnswer(
                status: 200,
                contentType: "application/vnd.api+json",
                body: Array(#"{"data":[],"links":{"next":"https://billing.example.com/?page=2"}}"#.utf8)
            )
        }
        #expect(try await endless.api.services(page: 1).hasNext == false)
        await #expect(throws: PaymenterAPIError.endless) { _ = try await endless.api.services(page: 100_001) }
    }

    @Test(arguments: [
        ("no-token", PaymenterAPIError.unauthorized("The request is missing a valid bearer token.")),
        ("bad-token", .unauthorized("The provided API key is invalid or has been disabled.")),
        ("service-404", .notFound),
        ("services-include-unknown", .includeRefused(["plan"])),
        (
            "services-filter-unknown",
            .refused(
                status: 400,
                "Requested filter(s) `product_id` are not allowed. Allowed filter(s) are `quantity, price, expires_at, subscription_id, status`."
            )
        ),
        (
            "services-bad-sort",
            .refused(
                status: 400,
                "Requested sort(s) `user_id` is not allowed. Allowed sort(s) are `id, created_at, updated_at, expires_at, status`."
            )
        ),
        ("service-create-empty", .refused(status: 422, "The product id field is required. (and 4 more errors)")),
        ("service-update-bad", .refused(status: 422, "The selected status is invalid.")),
    ])
    func `a recorded refusal is told as what it is`(_ recording: String, error: PaymenterAPIError) async throws {
        await #expect(throws: error) { _ = try await page(recording) }
    }

    /// Recordings that are a list or a thing of another kind than services, or come without the users that were asked for.
    @Test(arguments: [
        "categories", "invoice-items", "invoices-list", "invoices-pending", "orders-list", "products-filter",
        "products-list", "service-show", "service-update", "service-update-back", "services-filter-status",
        "services-list-2", "services-per-page-1000", "user-show", "users-filter-email", "users-list",
    ])
    func `any other recorded answer is taken for services only where it is some with their users`(_ recording: String)
        async throws
    {
        do {
            let services = try await page(recording).things
            #expect(recording == "service-show")
            #expect(services.allSatisfy { !$0.customerID.isEmpty && !$0.status.isEmpty })
        } catch PaymenterAPIError.unexpected {
            #expect(recording != "service-show")
        }
    }

    @Test func `every recording is used here`() throws {
        #expect(PaymenterRecording.names.count == 28)
        for name in PaymenterRecording.names { _ = try PaymenterRecording(name) }
    }

    @Test(arguments: [
        (
            PaymenterAnswer(status: 200, contentType: "text/html; charset=UTF-8", body: Array("<html>".utf8)),
            "is a web page and not Paymenter's API"
        ),
        (
            PaymenterAnswer(status: 403, contentType: "text/html", body: Array("Just a moment".utf8)),
            "is a web page and not Paymenter's API"
        ),
        (PaymenterAnswer(status: 502, contentType: "text/html", body: []), "Paymenter fails (502)"),
        (
            PaymenterAnswer(status: 301, contentType: nil, location: "https://other.example/api", body: []),
            "leads on to https://other.example/api; write that address itself. The key was not sent there."
        ),
        (
            PaymenterAnswer(
                status: 403,
                contentType: "application/json",
                body: Array(#"{"message":"You do not have permission to access this resource."}"#.utf8)
            ),
            "The key must be of type admin, may view services, users, products, properties and invoices"
        ),
        (
            PaymenterAnswer(
                status: 400,
                contentType: "application/json",
                body: Array(
                    #"{"message":"Requested include(s) `user, product` are not allowed. Allowed include(s) are ``."}"#
                        .utf8
                )
            ),
            "The API key may not see all that is needed: without user, product nobody knows whose a service is."
        ),
        (
            PaymenterAnswer(status: 200, contentType: "application/json", body: Array("{\"data\":".utf8)),
            "it is no JSON document"
        ),
        (
            PaymenterAnswer(status: 200, contentType: "application/json", body: Array(#"{"data":[{"id":7}]}"#.utf8)),
            "data.[0].type is missing or of another type"
        ),
        (
            PaymenterAnswer(status: 500, contentType: "application/json", body: Array("{}".utf8)),
            "Paymenter fails (500)"
        ),
    ])
    func `a failure is a sentence that says what to do`(_ answer: PaymenterAnswer, sentence: String) async throws {
        let error = await #expect(throws: PaymenterAPIError.self) {
            _ = try await Clerk { _ in answer }.api.services(page: 1)
        }
        #expect(error?.description.contains(sentence) ?? false, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        (
            PaymenterTransportFailure.unreachable("the connection was refused"),
            "Paymenter cannot be reached: the connection was refused."
        ),
        (
            .noAnswer("no whole answer within 30 seconds"),
            "Paymenter did not answer: no whole answer within 30 seconds."
        ),
        (.bodyTooLarge, "was larger than any of its lists should be"),
    ])
    func `a question without an answer says so`(_ failure: PaymenterTransportFailure, sentence: String) async throws {
        let error = await #expect(throws: PaymenterAPIError.self) {
            _ = try await Clerk { _ in throw failure }.api.services(page: 1)
        }
        #expect(error?.description.contains(sentence) ?? false)
    }
}
