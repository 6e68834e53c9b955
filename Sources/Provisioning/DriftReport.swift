package import Entitlements

/// What an audit found to differ from what we give, row by row, as of its reading.
package struct DriftReport: Hashable, Sendable {
    package struct Finding: Hashable, Sendable {
        package var kind: DriftKind
        package var server: PanelServerID
        /// The panel's user id.
        package var user: Int
        package var username: String?
        package var customer: CustomerKey?
        package var permissions: Set<Permission>
    }

    /// So many are kept; the rest is only counted.
    static let kept = 5000

    package private(set) var findings: [Finding] = []
    package private(set) var counts: [DriftKind: Int] = [:]

    package var isCut: Bool { counts.values.reduce(0, +) > findings.count }

    mutating func add(_ finding: Finding) {
        counts[finding.kind, default: 0] += 1
        if findings.count < Self.kept { findings.append(finding) }
    }
}

/// Users to whom no customer is linked, as far as an audit's findings name them.
struct UnlinkedUsers {
    /// So many names are held; other users are told by their number.
    private static let namesKept = 20_000

    private let ourPrefix: String
    private let rehearsalPrefix: String
    private var names: [Int: String] = [:]
    private var ours: Set<Int> = []
    private var rehearsed: Set<Int> = []

    init(instance: String) {
        ourPrefix = "paydactyl:\(instance):"
        rehearsalPrefix = "paydactyl:\(rehearsalInstance(of: instance)):"
    }

    mutating func add(_ id: Int, username: String, externalID: String?) {
        if names.count < Self.namesKept { names[id] = username }
        if externalID?.hasPrefix(ourPrefix) ?? false { ours.insert(id) }
        if externalID?.hasPrefix(rehearsalPrefix) ?? false { rehearsed.insert(id) }
    }

    /// What a row of one of them is: nobody pays for an account of ours that belongs to no customer; a rehearsal's is nobody's concern.
    func finding(_ row: Set<Permission>, of user: Int, on server: PanelServerID) -> DriftReport.Finding? {
        guard !rehearsed.contains(user) else { return nil }
        return DriftReport.Finding(
            kind: ours.contains(user) ? .unpaid : .stranger,
            server: server,
            user: user,
            username: names[user],
            customer: nil,
            permissions: row
        )
    }
}

/// The instance under which a rehearsal's accounts are known: one that no configuration can have, since it holds a dot.
package func rehearsalInstance(of instance: String) -> String {
    "\(instance).rehearsal"
}
