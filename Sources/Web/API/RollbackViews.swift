import Entitlements
import Ledger
import Provisioning

/// A way back as it is shown before anybody decides.
struct RollbackPlanView: Encodable {
    var to: String
    /// To be sent back with the decision, which is for exactly this plan.
    var fingerprint: String
    /// How many operations were made since.
    var operations: Int
    var customers: Int
    var changes: [Change]
    var left: [LeftAsIsView]
    /// What a rollback is and is not, in a sentence.
    var scope = RollbackView.scope

    /// One row that would change; without permissions there is no row.
    struct Change: Encodable {
        var customer: String
        var panel: String
        var server: Int
        var name: String
        var now: [String]
        var back: [String]

        init(_ step: RollbackStep, in world: WorldView) {
            customer = step.customer.description
            panel = step.way.server.panel.rawValue
            server = step.way.server.number
            name = world.serverName(step.way.server)
            now = step.way.expected.keys
            back = step.way.target.observed.keys
        }
    }
}

/// Something that a rollback leaves, and why.
struct LeftAsIsView: Encodable {
    var customer: String
    var panel: String?
    var server: Int?
    var name: String?
    var why: String

    init(_ left: LeftAsIs, in world: WorldView) {
        customer = left.customer.description
        panel = left.server?.panel.rawValue
        server = left.server?.number
        name = left.server.map { world.serverName($0) }
        why = left.why
    }
}

/// A rollback that was decided, and how far it is.
struct RollbackView: Encodable {
    static let scope = """
        Only what people may do on shared servers goes back. Ranks in game and what commands did, accounts, and servers of customers' own stay as \
        they are now.
        """

    var number: Int64
    var to: String
    var author: String
    var reason: String
    var at: String
    var waiting: Int
    var done: Int
    var left: Int
    /// What was left as it was; only with one rollback, not in lists.
    var leftAsIs: [LeftAsIsView]?
    var scope = Self.scope

    init(_ progress: RollbackProgress, leftAsIs: [LeftAsIsView]? = nil) {
        number = progress.number
        to = progress.to.iso8601
        author = progress.author
        reason = progress.reason
        at = progress.at.iso8601
        waiting = progress.waiting
        done = progress.done
        left = progress.left
        self.leftAsIs = leftAsIs
    }
}

extension ObservedRow {
    fileprivate var keys: [String] {
        (permissions ?? []).sorted().map(\.key)
    }
}
