import Crypto
import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Provisioning

/// What the breaker holds, and what a person decides about it.
extension AdminAPI {
    func addBreakerRoutes(to group: RouterGroup<WebContext>) {
        group.get("breaker") { request, _ in
            let names = request.uri.queryParameters.getAll("customer").map { String($0) }
            let selected = names.isEmpty ? nil : try await keys(of: names, field: "customer")
            let size = try limit(request, usually: 500)
            let after: CustomerKey? = try mark(request, "after")
            return try JSONBody.response(BreakerView(try await held(selected), after: after, limit: size))
        }
        group.post("breaker/approve") { request, context in try await approve(request, context) }
        group.post("breaker/discard") { request, context in try await discard(request, context) }
    }

    func held(_ selected: Set<CustomerKey>? = nil) async throws -> [HeldCustomer] {
        try await ledger.heldCustomers().filter { selected?.contains($0.key) ?? true }
    }

    private func keys(of names: [String], field: String) async throws -> Set<CustomerKey> {
        var keys: Set<CustomerKey> = []
        for name in names { keys.insert(try await row(matching: name, field: field).key) }
        return keys
    }

    private struct HeldSelection: Decodable {
        /// Whom the decision is for; `nil` means everybody.
        var customers: [String]?
        /// What `GET breaker` called what it showed.
        var fingerprint: String?

        private enum CodingKeys: String, CodingKey { case customers, fingerprint }

        /// `null` is no selection: whoever sends it meant somebody.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if container.contains(.customers) { customers = try container.decode([String].self, forKey: .customers) }
            if container.contains(.fingerprint) {
                fingerprint = try container.decode(String.self, forKey: .fingerprint)
            }
        }
    }

    /// What a decision is for, as it is held now; a fingerprint in the request must be that of just this.
    private func chosen(_ request: Request) async throws -> [HeldCustomer] {
        let body = try await JSONBody.collect(request)
        if body.readableBytesView.allSatisfy({ Self.saysNothing.contains($0) }) { return try await held() }
        let selection = try JSONBody.decode(HeldSelection.self, from: body, known: ["customers", "fingerprint"])
        var selected: Set<CustomerKey>?
        if let names = selection.customers { selected = try await keys(of: names, field: "customers") }
        let held = try await held(selected)
        if let shown = selection.fingerprint, shown != held.fingerprint { throw Self.heldOtherwise }
        return held
    }

    private static let saysNothing = Set("{} \t\r\n".utf8)

    private static let heldOtherwise = Problem(
        .conflict,
        "What is held is not what was shown any more, of just the customers that this is for. Nothing was decided. Look again.",
        field: "fingerprint"
    )

    func approve(_ request: Request, _ context: WebContext) async throws -> Response {
        let held = try await chosen(request)
        let shown = Dictionary(held.map { ($0.key, $0.fingerprint) }, uniquingKeysWith: { first, _ in first })
        let author = context.person.author
        guard try await ledger.approveHeld(shown, by: author, now: clock.now()) else { throw Self.heldOtherwise }
        lanes.ring()
        return try JSONBody.response(["approved": shown.count])
    }

    /// What is held is not to happen: its customers are put on hold, so that a person settles each in their own time.
    func discard(_ request: Request, _ context: WebContext) async throws -> Response {
        let held = try await chosen(request)
        let now = clock.now()
        for customer in held {
            let hold = Override(
                id: context.seed.overrideID(for: "hold of \(customer.key)"),
                kind: .hold,
                reason: "What was held for approval was discarded.",
                author: context.person.author,
                createdAt: now,
                until: now + Override.holdDuration
            )
            try await ledger.add(hold, to: customer.key, now: now)
        }
        lanes.ring()
        return try JSONBody.response(["discarded": held.count])
    }
}

/// What waits for a person, customer by customer.
struct BreakerView: Encodable {
    var state: String
    var heldCustomers: Int
    /// Stands for all that is listed: an approval that carries it is for exactly this.
    var fingerprint: String
    var held: [Held]
    /// What asks for those after them.
    var next: String?

    struct Held: Encodable {
        var customer: String
        var email: String?
        var reasons: [String]
    }

    init(_ customers: [HeldCustomer], after: CustomerKey?, limit: Int) {
        state = customers.isEmpty ? "closed" : "holding"
        heldCustomers = customers.count
        fingerprint = customers.fingerprint
        let following = customers.filter { customer in after.map { customer.key.description > $0.description } ?? true }
        held = following.prefix(limit).map {
            Held(customer: $0.key.description, email: $0.email, reasons: $0.reasons)
        }
        next = following.count > limit ? held.last?.customer : nil
    }
}

extension [HeldCustomer] {
    /// The same for the same losses of the same customers.
    var fingerprint: String {
        let lines = map { "\($0.key)\n\($0.fingerprint)" }.sorted().joined(separator: "\n")
        return SHA256.hash(data: Data(lines.utf8)).hexadecimal(16)
    }
}
