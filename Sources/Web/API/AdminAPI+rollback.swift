import Crypto
import Entitlements
import Foundation
import Hummingbird
import Ledger
import Provisioning

extension AdminAPI {
    func addRollbackRoutes(to group: RouterGroup<WebContext>) {
        group.post("rollback/plan") { request, _ in
            let body = try JSONBody.decode(BackTo.self, from: try await JSONBody.collect(request), known: ["to"])
            return try JSONBody.response(try await draft(backTo: body.to).view(in: world))
        }
        group.post("rollback/apply") { request, context in try await applyRollback(request, context) }
        group.get("rollbacks") { request, _ in
            let size = try limit(request)
            let rollbacks = try await ledger.rollbacks(before: try number(request, "before"), limit: size)
            let next = rollbacks.count == size ? rollbacks.last.map { "\($0.number)" } : nil
            return try JSONBody.response(List(rollbacks.map { RollbackView($0) }, next: next))
        }
        group.get("rollbacks/:number") { _, context in
            try JSONBody.response(try await rollback(try number(context)))
        }
        group.post("rollbacks/:number/stop") { _, context in
            let number = try number(context)
            _ = try await rollback(number)
            let author = context.person.author
            return try JSONBody.response([
                "stopped": try await ledger.stopRollback(number, by: author, now: clock.now())
            ])
        }
    }

    private struct BackTo: Decodable {
        var to: String
    }

    private struct Application: Decodable {
        var to: String
        var fingerprint: String
        var reason: String
        var holdUntil: String?

        private enum CodingKeys: String, CodingKey {
            case to, fingerprint, reason
            case holdUntil = "hold_until"
        }
    }

    /// So many operations can be gone back at once; what happened longer ago is a matter for a backup.
    static let rollbackReach = 20_000

    private func draft(backTo text: String) async throws -> RollbackDraft {
        let to = try moment(text, field: "to")
        guard to < clock.now() else { throw Problem(.badRequest, "to lies in the future.", field: "to") }
        let operations = try await ledger.operations(since: to, limit: Self.rollbackReach + 1)
        guard operations.count <= Self.rollbackReach else {
            throw Problem(
                .conflict,
                "More than \(Self.rollbackReach) operations were made since then; choose a later time.",
                field: "to"
            )
        }
        var present: [CustomerKey: PresentAccess] = [:]
        for customer in Set(operations.map(\.customer)) {
            present[customer] = try await ledger.file(of: customer).map(PresentAccess.init)
        }
        let servers = panels.values.compactMap(\.inventory).flatMap { $0.servers.values.map { ($0.id, $0.uuid) } }
        let plan = planRollback(
            of: operations.map(RecordedOperation.init),
            present: present,
            servers: Dictionary(servers, uniquingKeysWith: { first, _ in first })
        )
        return RollbackDraft(to: to, plan: plan, operations: operations.count, last: operations.last?.number ?? 0)
    }

    private func applyRollback(_ request: Request, _ context: WebContext) async throws -> Response {
        let body = try JSONBody.decode(
            Application.self,
            from: try await JSONBody.collect(request),
            known: ["to", "fingerprint", "reason", "hold_until"]
        )
        let now = clock.now()
        let reason = try checkedReason(body.reason)
        let until = try body.holdUntil.map { try moment($0, field: "hold_until") } ?? now + Override.holdDuration
        guard until > now else { throw Problem(.badRequest, "hold_until lies in the past.", field: "hold_until") }
        if let known = try await ledger.rollbacks(before: nil, limit: 100).first(where: {
            $0.fingerprint == body.fingerprint
        }) {
            return try JSONBody.response(RollbackView(known))
        }
        let draft = try await draft(backTo: body.to)
        guard draft.fingerprint == body.fingerprint else {
            throw Problem(.conflict, "Something happened since this plan was made. Look at it again.")
        }
        guard !draft.plan.steps.isEmpty else { throw Problem(.conflict, "There is nothing to roll back.") }
        let number = try await begin(draft, reason: reason, holdUntil: until, context)
        lanes.ring()
        return try JSONBody.response(try await rollback(number), status: .accepted)
    }

    private func begin(_ draft: RollbackDraft, reason: String, holdUntil: Timestamp, _ context: WebContext)
        async throws -> RollbackNumber
    {
        let now = clock.now()
        let author = context.person.author
        let holds = draft.plan.customers.map { customer in
            let hold = Override(
                id: context.seed.overrideID(for: "hold of \(customer)"),
                kind: .hold,
                reason: "Rolled back to \(draft.to.iso8601): \(reason)",
                author: author,
                createdAt: now,
                until: holdUntil
            )
            return (customer, hold)
        }
        let rollback = NewRollback(
            fingerprint: draft.fingerprint,
            to: draft.to,
            steps: draft.plan.steps,
            holds: Dictionary(uniqueKeysWithValues: holds),
            author: author,
            reason: reason
        )
        do {
            return try await ledger.begin(rollback, now: now)
        } catch let underWay as RollbackUnderWay {
            throw Problem(.conflict, underWay.description)
        }
    }

    private func rollback(_ number: RollbackNumber) async throws -> RollbackView {
        guard let found = try await ledger.rollbacks(before: number + 1, limit: 1).first(where: { $0.number == number })
        else {
            throw Problem(.notFound, "There is no rollback \(number).")
        }
        let world = world
        let left = try await ledger.leftSteps(of: number, limit: 1000)
        return RollbackView(found, leftAsIs: left.map { LeftAsIsView($0, in: world) })
    }
}

/// A way back that was planned and not decided yet.
struct RollbackDraft {
    var to: Timestamp
    var plan: RollbackPlan
    var operations: Int
    /// The newest operation that it knows.
    var last: Int64

    /// Stands for all that it would do, and for the moment in history at which it was planned.
    var fingerprint: String {
        let lines = plan.steps.map { step in
            "\(step.customer) \(step.way.server.panel) \(step.way.server.number) \(step.way.expected.words) \(step.way.target.observed.words)"
        }
        let text = (["\(to.milliseconds) \(last)"] + lines).joined(separator: "\n")
        return SHA256.hash(data: Data(text.utf8)).hexadecimal(16)
    }

    func view(in world: WorldView) -> RollbackPlanView {
        RollbackPlanView(
            to: to.iso8601,
            fingerprint: fingerprint,
            operations: operations,
            customers: plan.customers.count,
            changes: plan.steps.map { RollbackPlanView.Change($0, in: world) },
            left: plan.left.map { LeftAsIsView($0, in: world) }
        )
    }
}

extension PresentAccess {
    init(_ file: CustomerFile) {
        self.init(
            accounts: file.links.mapValues(\.account.uuid),
            rows: Dictionary(file.grants.map { ($0.server, $0.observed) }, uniquingKeysWith: { first, _ in first })
        )
    }
}
