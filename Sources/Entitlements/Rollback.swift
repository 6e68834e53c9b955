/// An operation as far as the way back from it goes by it.
package struct RecordedOperation: Hashable, Sendable {
    package var customer: CustomerKey
    /// `nil` where it changed an account or something else that has no row.
    package var server: PanelServerID?
    package var detail: String
    package var before: PanelImage?
    /// `nil` if it changed nothing.
    package var after: PanelImage?

    package init(
        customer: CustomerKey,
        server: PanelServerID?,
        detail: String,
        before: PanelImage?,
        after: PanelImage?
    ) {
        self.customer = customer
        self.server = server
        self.detail = detail
        self.before = before
        self.after = after
    }
}

/// What a customer has on the panels now, as last read.
package struct PresentAccess: Hashable, Sendable {
    /// The uuid of the account that is linked on each panel.
    package var accounts: [PanelName: String]
    package var rows: [PanelServerID: ObservedRow]

    package init(accounts: [PanelName: String], rows: [PanelServerID: ObservedRow]) {
        self.accounts = accounts
        self.rows = rows
    }
}

/// One row that is to be as it was.
package struct RollbackStep: Hashable, Sendable {
    package var customer: CustomerKey
    package var way: WayBack

    package init(customer: CustomerKey, way: WayBack) {
        self.customer = customer
        self.way = way
    }
}

/// From which row to which; it is gone only from exactly there.
package struct WayBack: Hashable, Sendable, Codable {
    /// The account's uuid.
    package var account: String
    /// The row as our last operation left it: another one is somebody else's work.
    package var expected: ObservedRow
    /// What we gave then, and the row of that time as what was observed.
    package var target: Grant

    package var server: PanelServerID { target.server }

    package init(account: String, expected: ObservedRow, target: Grant) {
        self.account = account
        self.expected = expected
        self.target = target
    }
}

/// Something that a rollback leaves as it is, and why.
package struct LeftAsIs: Hashable, Sendable {
    package var customer: CustomerKey
    package var server: PanelServerID?
    package var why: String

    package init(customer: CustomerKey, server: PanelServerID?, why: String) {
        self.customer = customer
        self.server = server
        self.why = why
    }
}

/// How to get back to what was there at a time.
package struct RollbackPlan: Hashable, Sendable {
    package var steps: [RollbackStep] = []
    package var left: [LeftAsIs] = []

    package var customers: Set<CustomerKey> { Set(steps.map(\.customer)) }
}

/// Plans the way back behind operations, given in the order in which they were made.
///
/// Each row goes to what its first operation found, if it still is what the last one left; a row that somebody changed since is left
/// alone. Accounts are neither deleted nor changed.
package func planRollback(
    of operations: [RecordedOperation],
    present: [CustomerKey: PresentAccess],
    servers: [PanelServerID: String]
) -> RollbackPlan {
    var plan = RollbackPlan()
    var rows: [RowKey: RowStory] = [:]
    var said: Set<LeftAsIs> = []
    for operation in operations {
        if let server = operation.server, case .access(let account, let grant)? = operation.before {
            let key = RowKey(customer: operation.customer, server: server)
            rows[key, default: RowStory(account: account, target: grant)].go(on: operation)
        } else if operation.after != nil {
            let left = LeftAsIs(customer: operation.customer, server: operation.server, why: operation.lastingEffect)
            // A rank is sent again daily until its player joined: to people that is one thing.
            if said.insert(left).inserted { plan.left.append(left) }
        }
    }
    for (key, story) in rows.sorted(by: { $0.key < $1.key }) {
        plan.add(key, story, present: present[key.customer], serverUUID: servers[key.server])
    }
    return plan
}

/// What became of one row.
private struct RowStory {
    /// The account's uuid.
    var account: String
    /// What the first operation found.
    var target: Grant
    /// What the last one that changed anything left.
    var last: PanelImage?

    mutating func go(on operation: RecordedOperation) {
        last = operation.after ?? last
    }
}

private struct RowKey: Hashable, Comparable {
    var customer: CustomerKey
    var server: PanelServerID

    static func < (left: Self, right: Self) -> Bool {
        (left.customer, left.server) < (right.customer, right.server)
    }
}

extension RollbackPlan {
    fileprivate mutating func leave(_ customer: CustomerKey, _ server: PanelServerID?, _ why: String) {
        left.append(LeftAsIs(customer: customer, server: server, why: why))
    }

    fileprivate mutating func add(
        _ key: RowKey,
        _ story: RowStory,
        present: PresentAccess?,
        serverUUID: String?
    ) {
        let target = story.target
        guard case .row(_, let expected)? = story.last, expected != target.observed else { return }
        guard present?.accounts[key.server.panel] == story.account else {
            return leave(key.customer, key.server, "The customer's account is another than it was then.")
        }
        guard serverUUID == target.serverUUID else {
            return leave(key.customer, key.server, "The server is gone, or is another than it was then.")
        }
        switch present?.rows[key.server] ?? .unread {
        case target.observed: return
        case .unread, expected:
            steps.append(
                RollbackStep(
                    customer: key.customer,
                    way: WayBack(account: story.account, expected: expected, target: target)
                )
            )
        case let found: leave(key.customer, key.server, changedSince(found: found, left: expected))
        }
    }
}

/// Why a row that is not as we left it is not touched.
package func changedSince(found: ObservedRow, left: ObservedRow) -> String {
    "Somebody changed it since: it was left as \(left.words), and now it is \(found.words)."
}

extension RecordedOperation {
    /// Why what it did stays.
    fileprivate var lastingEffect: String {
        switch (before, after) {
        case (.noAccount, _): "An account that was made since stays (\(detail))."
        case (.account, .noAccount?): "An account that was deleted cannot be brought back (\(detail))."
        case (.account(let account), _): "An account is not changed back; before, it was \(account.words) (\(detail))."
        case (.noServer, _): "A server that was made since stays (\(detail))."
        case (.server(_, let server), _):
            "A server of a customer's own is not changed back; before, it was \(server.words) (\(detail))."
        case (.described, _): "What a console was told stays as it is (\(detail))."
        case (.access, _), (.row, _), (nil, _): "It cannot be undone by itself (\(detail))."
        }
    }
}

extension PanelAccount {
    fileprivate var words: String { PanelImage.account(self).words }
}

extension Grant {
    /// What was given at another time, with the row as it is then read; nothing that we ever gave is forgotten.
    package func restored(over current: Grant?, observed row: ObservedRow) -> Grant {
        var grant = self
        grant.everGranted.formUnion(current?.everGranted ?? [])
        grant.losing = [:]
        grant.leaving = []
        grant.observed = row
        return grant
    }
}
