import Entitlements
import Ledger
import Provisioning

/// A customer for whom something waits, and what it is.
struct PlanView: Encodable {
    var customer: String
    var email: String?
    var state: String
    var reasons: [String]
    var holdsLosses: Bool
    /// Whether a person's hold keeps all of it waiting.
    var onHold: Bool
    var dueAt: String?
    var changes: [Change]
    var others: [Other]

    /// The difference on one server between what we give and what should be given.
    struct Change: Encodable {
        var panel: String
        var server: Int
        var name: String
        var add: [String]
        var remove: [String]
    }

    /// What there would be to do if nothing had to wait for anything, a hold neither.
    init(_ row: CustomerRow, file: CustomerFile, decision: Decision, world: WorldView) {
        customer = row.key.description
        email = row.email
        state = row.state.rawValue
        reasons = row.reasons
        holdsLosses = row.holdsLosses
        onHold = decision.hold != nil
        dueAt = row.dueAt?.iso8601
        changes = AccessView.all(file: file, decision: decision, world: world).compactMap { Change($0) }
        others = Other.all(file: file, decision: decision, world: world)
    }

    var isEmpty: Bool { changes.isEmpty && others.isEmpty }
    var takesAway: Bool { changes.contains { !$0.remove.isEmpty } || others.contains(where: \.takesAway) }
    var sentences: [String] { changes.flatMap(\.sentences) + others.map(\.sentence) }
}

extension PlanView.Change {
    /// `nil` where nothing would change.
    init?(_ access: AccessView) {
        panel = access.panel
        server = access.server
        name = access.name
        add = access.desired.filter { !access.granted.contains($0) }
        remove = access.granted.filter { !access.desired.contains($0) }
        if access.hasEverything || (add.isEmpty && remove.isEmpty) { return nil }
    }
}

/// One page of plans.
struct PlansView: Encodable {
    var items: [PlanView]
    var next: String?
    /// Stands for all losses that are held, those of other pages too: an approval that carries it is for exactly these.
    var fingerprint: String
}

/// Where panels show something else than we gave.
struct DriftView: Encodable {
    var panels: [String: Panel]
    /// Permissions that we once gave and took back, and that somebody gave back by hand.
    var givenBackByHand: [GivenBack]
    /// Who lacks what they pay for because it was not given yet.
    var notGiven: [PlanView]

    struct Panel: Encodable {
        var auditedAt: String
        /// Whom the last audit marked because the panel showed something else than was last read.
        var customers: [String]
        /// How many rows of each kind were found.
        var counts: [String: Int]
        var findings: [Finding]
        /// Whether there are more than are listed.
        var cut: Bool

        /// What a person accepted is left out, as far as it is listed at all.
        init(_ audit: AuditSummary, accepted: Set<AcceptedDrift>, world: WorldView) {
            auditedAt = audit.finishedAt.iso8601
            customers = audit.drifted.sorted().map(\.description)
            let left = audit.drift.findings.filter { $0.isAccepted(in: accepted) }
            counts = Dictionary(uniqueKeysWithValues: audit.drift.counts.map { ($0.rawValue, $1) })
            for finding in left { counts[finding.kind.rawValue, default: 1] -= 1 }
            counts = counts.filter { $0.value > 0 }
            findings = audit.drift.findings.filter { !$0.isAccepted(in: accepted) }
                .sorted { ($0.kind, $0.server, $0.user) < ($1.kind, $1.server, $1.user) }
                .map { Finding($0, world: world) }
            cut = audit.drift.isCut
        }
    }

    /// One row that differs from what we give, and how.
    struct Finding: Encodable {
        /// Stands for exactly this row with these permissions.
        var id: String
        var kind: String
        var customer: String?
        var user: Int
        var username: String?
        var server: Int
        var name: String
        var permissions: [String]
        /// What accepting or repairing it would do; absent where there is nothing to decide so.
        var accept: String?
        var repair: String?

        init(_ finding: DriftReport.Finding, world: WorldView) {
            id = finding.id
            accept = finding.outlook(of: .accept).sentence
            repair = finding.outlook(of: .repair).sentence
            kind = finding.kind.rawValue
            customer = finding.customer?.description
            user = finding.user
            username = finding.username
            server = finding.server.number
            name = world.serverName(finding.server)
            permissions = finding.permissions.sorted().map(\.key)
        }
    }

    struct GivenBack: Encodable {
        var customer: String
        var panel: String
        var server: Int
        var name: String
        var permissions: [String]
    }
}

/// A customer for whom something changes by time alone.
struct UpcomingView: Encodable {
    var customer: String
    var email: String?
    var at: String
    var changes: [String]
    /// Whether any of it is an end that can be put off.
    var postponable: Bool
}

extension DriftView.GivenBack {
    /// `nil` where nothing was given back.
    init?(_ grant: Grant, of customer: CustomerKey, world: WorldView) {
        guard !grant.isActive, let row = grant.observed.permissions else { return nil }
        let given = row.intersection(grant.everGranted).subtracting(grant.handMade ?? [])
            .subtracting([.websocketConnect])
        if given.isEmpty { return nil }
        self.customer = customer.description
        panel = grant.server.panel.rawValue
        server = grant.server.number
        name = world.serverName(grant.server)
        permissions = given.sorted().map(\.key)
    }
}
