import Entitlements
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    func addChangingRoutes(to group: RouterGroup<WebContext>) {
        group.post("overrides") { request, context in try await addOverride(request, context) }
        group.delete("overrides/:id") { request, context in try await endOverride(request, context) }
        group.post("customers/:customer/retry") { _, context in
            try await lookAgain([try await row(context).key], because: "retry", context)
        }
        group.post("operations/:number/retry") { _, context in
            let number = try number(context)
            let found = try await ledger.operations(of: nil, state: nil, before: number + 1, limit: 1).first
            guard let operation = found, operation.number == number else {
                throw Problem(.notFound, "There is no operation \(number).")
            }
            return try await lookAgain([operation.customer], because: "retry operation \(number)", context)
        }
        group.post("servers/:server/regrant") { _, context in try await regrant(context) }
        group.post("pause") { _, context in try await setPaused(true, context) }
        group.post("resume") { _, context in try await setPaused(false, context) }
        group.post("audit") { _, context in try await requestAudit(context) }
    }

    func requestAudit(_ context: WebContext) async throws -> Response {
        try await act("audit", on: nil, context)
        for signal in audits.values { signal.ring() }
        return try JSONBody.response(["status": "requested"], status: .accepted)
    }

    /// Has the customers computed and read anew: what is right stays, what is missing is done again.
    func lookAgain(_ keys: Set<CustomerKey>, because what: String, _ context: WebContext) async throws
        -> Response
    {
        for key in keys.sorted() { try await act(what, on: key, context) }
        try await ledger.mark(keys, priority: .change, now: clock.now())
        try await ledger.markRanks(of: keys, now: clock.now())
        lanes.ring()
        ranks.ring()
        let answer = Marked(customers: keys.sorted().map(\.description))
        return try JSONBody.response(answer, status: .accepted)
    }

    struct Marked: Encodable {
        var status = "marked"
        var customers: [String]
    }

    func number(_ context: WebContext) throws -> Int64 {
        let text = try context.parameters.require("number")
        guard let number = Int64(text), (0..<Int64.max).contains(number) else {
            throw Problem(.notFound, "There is nothing with the number \"\(text)\".")
        }
        return number
    }

    /// The query's `reason`, if there is one, is recorded beside the end.
    private func endOverride(_ request: Request, _ context: WebContext) async throws -> Response {
        try await endOverride(
            OverrideID(try context.parameters.require("id")),
            reason: request.uri.queryParameters["reason"].map(String.init),
            context
        )
        return Response(status: .noContent)
    }

    func endOverride(_ id: OverrideID, reason: String?, _ context: WebContext) async throws {
        let author = context.person.author
        let reason = try reason.map(checkedReason)
        guard try await ledger.endOverride(id, by: author, because: reason, now: clock.now()) != nil else {
            throw Problem(.notFound, "No override with this id is in force.")
        }
        lanes.ring()
    }

    private static let pausedAtPin = "paused_at"

    /// Since when all changes are paused, or were the last time; `nil` if they never were.
    func pausedAt() async throws -> Timestamp? {
        try await ledger.pinned(Self.pausedAtPin).flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) }
    }

    func setPaused(_ isPaused: Bool, _ context: WebContext) async throws -> Response {
        if isPaused, !rules.isPaused { try await ledger.repin("\(clock.now().milliseconds)", as: Self.pausedAtPin) }
        try await ledger.repin(isPaused ? "yes" : "no", as: "paused")
        try await act(isPaused ? "pause" : "resume", on: nil, context)
        rules.setPaused(isPaused)
        if !isPaused {
            try await ledger.markAll(in: [.blocked, .working], priority: .change, now: clock.now())
            try await ledger.markAllRanks(in: [.blocked, .working], now: clock.now())
            lanes.ring()
            ranks.ring()
        }
        return try JSONBody.response(["paused": isPaused])
    }

    func act(_ what: String, on customer: CustomerKey?, _ context: WebContext) async throws {
        try await ledger.record(
            PersonAction(author: context.person.author, what: what, customer: customer, at: clock.now())
        )
    }
}
