import Provisioning

/// Where panels show something else than we give, as the last readings saw it.
struct DriftPage: Page {
    struct Panel: Sendable {
        var name: String
        var readAt: String
        var rows: [Row]
        var isCut: Bool
    }

    struct Row: Sendable {
        var kind: String
        var address: String?
        var who: String
        var server: String
        var permissions: String
    }

    let template = "drift"
    let title = "Drift"
    let heading = "Where panels show something else"
    var frame: PageFrame?
    var panels: [Panel]
    var waiting: [Row]

    init(frame: PageFrame, drift: DriftView) {
        self.frame = frame
        panels = drift.panels.sorted { $0.key < $1.key }.map { name, panel in
            Panel(
                name: name,
                readAt: shown(panel.auditedAt),
                rows: panel.findings.prefix(200).map(Row.init),
                isCut: panel.cut || panel.findings.count > 200
            )
        }
        waiting = drift.notGiven.prefix(100).flatMap { plan in
            plan.changes.map { change in
                Row(
                    kind: "not given yet",
                    address: "/customers/\(segment(plan.customer))",
                    who: plan.email ?? plan.customer,
                    server: change.name,
                    permissions: change.add.joined(separator: ", ")
                )
            }
        }
    }
}

extension DriftPage.Row {
    fileprivate init(_ finding: DriftView.Finding) {
        kind = finding.kind.replacing("_", with: " ")
        address = finding.customer.map { "/customers/\(segment($0))" }
        who = finding.customer ?? finding.username ?? "user \(finding.user)"
        server = finding.name
        permissions = finding.permissions.joined(separator: ", ")
    }
}

/// What people did, the newest first.
struct LogPage: Page {
    struct Row: Sendable {
        var at: String
        var shownAt: String
        var author: String
        var what: String
        var address: String?
        var customer: String?
        var reason: String
    }

    let template = "log"
    let title = "Audit log"
    let heading = "What people did"
    var frame: PageFrame?
    var rows: [Row]
    var nextPage: String?

    init(frame: PageFrame, actions: [ActionView]) {
        self.frame = frame
        rows = actions.map { action in
            Row(
                at: action.at,
                shownAt: shown(action.at),
                author: action.author,
                what: action.what,
                address: action.customer.map { "/customers/\(segment($0))" },
                customer: action.customer,
                reason: action.reason ?? ""
            )
        }
        if actions.count == Console.pageSize, let last = actions.last {
            nextPage = PageAddress("/log").with("before", "\(last.number)").text
        }
    }
}
