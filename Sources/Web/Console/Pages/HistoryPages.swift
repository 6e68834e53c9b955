import Entitlements
import Ledger
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
        /// Where somebody may decide about it.
        var line: String?
        var kind: String
        var address: String?
        var who: String
        var server: String
        var permissions: String
    }

    /// Who lacks something, and what.
    struct Waiting: Sendable {
        var address: String
        var who: String
        var sentence: String
    }

    static let rowsShown = 100
    /// Each costs a computation of all that the customer should have.
    static let customersShown = 15

    let template = "drift"
    let title = "Drift"
    let heading = "Where panels show something else"
    var frame: PageFrame?
    var panels: [Panel]
    var waiting: [Waiting]

    init(frame: PageFrame, drift: DriftView) {
        self.frame = frame
        panels = drift.panels.sorted { $0.key < $1.key }.map { name, panel in
            Panel(
                name: name,
                readAt: shown(panel.auditedAt),
                rows: panel.findings.prefix(Self.rowsShown).map(Row.init),
                isCut: panel.cut || panel.findings.count > Self.rowsShown
            )
        }
        waiting = drift.notGiven.prefix(100).flatMap { plan in
            plan.sentences.map { sentence in
                Waiting(
                    address: "/customers/\(segment(plan.customer))",
                    who: plan.email ?? named(plan.customer),
                    sentence: sentence
                )
            }
        }
    }
}

extension DriftKind {
    /// What the customer has or lacks.
    fileprivate var words: String {
        switch self {
        case .missing: "lacks"
        case .unpaid: "nobody pays for"
        case .givenBack: "given back by hand"
        case .handMade: "given by hand"
        case .stranger: "given by hand to others"
        }
    }
}

extension DriftPage.Row {
    init(_ finding: DriftView.Finding) {
        line = "/drift/\(finding.id)"
        kind = DriftKind(rawValue: finding.kind)?.words ?? finding.kind
        address = finding.customer.map { "/customers/\(segment($0))" }
        who = finding.customer.map(named) ?? finding.username ?? "user \(finding.user)"
        server = finding.name
        permissions = finding.permissions.joined(separator: ", ")
    }
}

/// One line of drift, and what can be decided about it.
struct DriftLinePage: Page {
    struct Outlook: Sendable {
        var action: String
        var label: String
        var kind: String
        var sentence: String
        /// Whether it can be decided.
        var isOpen: Bool
    }

    let template = "driftline"
    let title = "Drift"
    let heading = "Accept or repair"
    var frame: PageFrame?
    var panel: String
    var row: DriftPage.Row
    var outlooks: [Outlook]
    var action: String
    var formToken: String?
    var attempt: String

    init(frame: PageFrame, finding: DriftReport.Finding, world: WorldView, attempt: String) {
        self.frame = frame
        self.attempt = attempt
        panel = finding.server.panel.rawValue
        row = DriftPage.Row(DriftView.Finding(finding, world: world))
        action = "/drift/\(finding.id)/decide"
        formToken = frame.mayChange ? frame.formToken : nil
        let takesAway = finding.kind == .givenBack || finding.kind == .unpaid
        outlooks = DriftDecision.allCases.map { decision in
            let label = decision == .accept ? "Accept it" : "Repair it"
            let kind = decision == .repair && takesAway ? "danger" : ""
            return switch finding.outlook(of: decision) {
            case .will(let sentence):
                Outlook(action: decision.rawValue, label: label, kind: kind, sentence: sentence, isOpen: true)
            case .nothing(let why):
                Outlook(action: decision.rawValue, label: label, kind: kind, sentence: why, isOpen: false)
            }
        }
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
    var author: String
    var customer: String
    /// What stands in place of rows.
    var nothing: String
    var rows: [Row]
    var nextPage: String?

    init(frame: PageFrame, query: ActionQuery, actions: [ActionView]) {
        self.frame = frame
        nothing = query == ActionQuery() ? "Nothing yet." : "The log has nothing of the kind."
        author = query.author ?? ""
        customer = query.customer?.description ?? ""
        rows = actions.map { action in
            Row(
                at: action.at,
                shownAt: shown(action.at),
                author: action.author,
                what: action.what,
                address: action.customer.map { "/customers/\(segment($0))" },
                customer: action.customer.map(named),
                reason: action.reason ?? ""
            )
        }
        if actions.count == Console.pageSize, let last = actions.last {
            nextPage =
                PageAddress("/log").with("author", author).with("customer", customer).with("before", "\(last.number)")
                .text
        }
    }
}

/// A customer's key as people know it.
private func named(_ key: String) -> String {
    CustomerKey(key)?.name ?? key
}
