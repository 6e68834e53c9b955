import Entitlements
import Ledger
import Provisioning

/// What changes by time alone, the next first.
struct UpcomingPage: Page {
    struct Row: Sendable {
        var at: String
        var shownAt: String
        var address: String
        var name: String
        var changes: [String]
        var number: String
        /// Only where something can be postponed, and by who may.
        var formToken: String?

        init(_ number: Int, _ item: UpcomingView, formToken: String?) {
            self.number = "\(number)"
            self.formToken = item.postponable ? formToken : nil
            at = item.at
            shownAt = shown(item.at)
            address = "/customers/\(segment(item.customer))"
            name = item.email ?? item.customer
            changes = item.changes
        }
    }

    /// Each costs a computation of all that comes for the customer.
    static let rowsShown = 30
    static let week: Duration = .days(7)

    let template = "upcoming"
    let title = "Upcoming"
    var heading: String
    var frame: PageFrame?
    var rows: [Row]
    var nextPage: String?
    var nextLabel: String

    /// The first page is of the seven days to come; what is left of them comes before what is later.
    init(frame: PageFrame, page: (items: [UpcomingView], next: ChangeMark?), isThisWeek: Bool) {
        self.frame = frame
        heading = isThisWeek ? "What comes in the next seven days" : "What comes later"
        let isFull = page.items.count == Self.rowsShown
        nextLabel = isThisWeek && !isFull ? "After these seven days" : "Later"
        let formToken = frame.mayChange ? frame.formToken : nil
        rows = page.items.enumerated().map { Row($0, $1, formToken: formToken) }
        nextPage = page.next.map {
            PageAddress("/upcoming").with("after", $0.description).with("week", isThisWeek && isFull ? "on" : nil).text
        }
    }
}

/// Which tier gets what on which server, and by which rule.
struct MatrixPage: Page {
    struct Cell: Sendable {
        var count: String
        var permissions: String?
        var rules: String
        /// The rank in game that the tier gives there.
        var rank: String?
        /// Whether the tier gives nothing there at all.
        var isEmpty: Bool
    }

    struct Server: Sendable {
        var name: String
        var groups: String
        var cells: [Cell]
    }

    /// The server of somebody's own that a tier sells.
    struct Offer: Sendable {
        var what: String?
    }

    let template = "matrix"
    let title = "Servers × tiers"
    let heading = "Servers × tiers"
    var frame: PageFrame?
    var tiers: [String]
    var servers: [Server]
    var offers: [Offer]
    var hasOffers: Bool

    /// Servers of customers' own are in no group; they are with their customers.
    init(frame: PageFrame, world: WorldView) {
        self.frame = frame
        let catalog = world.rules.catalog
        tiers = catalog.tiers.map(\.id.rawValue)
        offers = catalog.tiers.map { Offer(what: $0.dedicated?.sentence) }
        hasOffers = offers.contains { $0.what != nil }
        let shared = world.inventories.values.flatMap { $0.servers.values }.filter { !$0.isDedicated }
        let all = shared.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        servers = all.map { server in
            let groups = catalog.groups.values.filter { $0.contains(server) }.map(\.id)
            return Server(
                name: server.name,
                groups: groups.isEmpty ? "in no group" : groups.map(\.rawValue).sorted().joined(separator: ", "),
                cells: catalog.tiers.map { Cell($0, groups: Set(groups)) }
            )
        }
    }
}

extension MatrixPage.Cell {
    fileprivate init(_ tier: Tier, groups: Set<ServerGroupID>) {
        let matching = tier.access.filter { groups.contains($0.group) }
        let all = matching.reduce(into: Set<Permission>()) { $0.formUnion($1.permissions) }.sorted()
        count = all.count == 1 ? "1 permission" : "\(all.count) permissions"
        permissions = matching.isEmpty ? nil : all.map(\.key).joined(separator: ", ")
        rules = Set(matching.map(\.group.rawValue)).sorted().joined(separator: ", ")
        let ranked = tier.luckPerms.flatMap { groups.contains($0.servers) ? $0 : nil }
        rank = ranked.map { "rank \($0.group.name), by \($0.servers)" }
        isEmpty = matching.isEmpty && ranked == nil
    }
}

extension DedicatedOffer {
    /// Such as `Paper: 4096 MB memory, 10240 MB disk, 200 % CPU`.
    fileprivate var sentence: String {
        "\(egg): \(limits.memory) MB memory, \(limits.disk) MB disk, \(limits.cpu) % CPU"
    }
}

/// What senders delivered, the newest first.
struct DeliveriesPage: Page {
    struct Row: Sendable {
        var number: String
        var receivedAt: String
        var shownAt: String
        var event: String
        var customers: [Concerned]
        /// What follows those that are shown.
        var others: String
        var state: String
        /// The class by which the style sheet knows it.
        var kind: String
        var note: String

        init(_ delivery: StoredDelivery, concerned: [CustomerKey]) {
            number = "\(delivery.number)"
            receivedAt = delivery.receivedAt.iso8601
            shownAt = shown(receivedAt)
            event = delivery.event ?? "unreadable"
            customers = concerned.prefix(DeliveryView.customersShown).map(Concerned.init)
            others = concerned.count > DeliveryView.customersShown ? "and others" : ""
            let seen = delivery.acknowledgement.map { ", acknowledged by \($0.author)" } ?? ""
            state = delivery.isStale ? "\(delivery.state.word), changed nothing" : delivery.state.word + seen
            kind = delivery.acknowledgement == nil ? delivery.state.styled : "banned"
            note = delivery.note ?? ""
        }
    }

    let template = "deliveries"
    let title = "Deliveries"
    let heading = "Deliveries"
    var frame: PageFrame?
    var states: [Choice]
    var rows: [Row]
    var nextPage: String?

    init(
        frame: PageFrame,
        state: StoredDelivery.State?,
        found: [StoredDelivery],
        concerned: [DeliveryNumber: [CustomerKey]]
    ) {
        self.frame = frame
        states =
            [Choice(value: "", label: "any", isChosen: state == nil)]
            + StoredDelivery.State.allCases.map { Choice(value: $0.word, label: $0.word, isChosen: $0 == state) }
        rows = found.map { Row($0, concerned: concerned[$0.number] ?? []) }
        if found.count == Console.pageSize, let last = found.last {
            nextPage = PageAddress("/deliveries").with("state", state?.word).with("before", "\(last.number)").text
        }
    }
}

extension StoredDelivery.State {
    /// The state of customers that is shown alike.
    fileprivate var styled: String {
        switch self {
        case .applied: CustomerState.converged.rawValue
        case .waiting: CustomerState.working.rawValue
        case .ignored: CustomerState.blocked.rawValue
        case .refused, .conflicting: CustomerState.needsAttention.rawValue
        }
    }
}

/// A customer whom a delivery concerns, with the way to them.
struct Concerned: Sendable {
    var address: String
    var name: String

    init(_ key: CustomerKey) {
        address = "/customers/\(segment(key.description))"
        name = key.name
    }
}

/// One delivery, as it came.
struct DeliveryPage: Page {
    let template = "delivery"
    var title: String
    var heading: String
    var frame: PageFrame?
    var number: String
    var facts: [Fact]
    var customers: [Concerned]
    var hasCustomers: Bool
    var formToken: String?
    /// Only where somebody may say that nothing is to be done about it.
    var acknowledgeToken: String?
    var body: String

    init(frame: PageFrame, delivery: StoredDelivery, customers: [CustomerKey]) {
        let view = DeliveryView(delivery, customers: customers, withBody: true)
        self.frame = frame
        number = "\(view.number)"
        heading = "Delivery \(view.number)"
        title = heading
        facts = [
            Fact(name: "Event", value: view.event ?? "unreadable"),
            Fact(name: "State", value: view.stale ? "\(view.state), changed nothing" : view.state),
            Fact(name: "Note", value: view.note ?? "–"),
            Fact(name: "Id", value: view.id),
            Fact(name: "Sender", value: "\(view.source), signed with secret \(view.verifiedBySecret + 1)"),
            Fact(name: "Sent", value: shown(view.sentAt)),
            Fact(name: "Received", value: shown(view.receivedAt)),
        ]
        if let known = delivery.acknowledgement {
            facts.append(Fact(name: "Acknowledged", value: "\(shown(known.at.iso8601)) by \(known.author)"))
        }
        self.customers = customers.map(Concerned.init)
        hasCustomers = !customers.isEmpty
        formToken = frame.mayChange ? frame.formToken : nil
        acknowledgeToken = delivery.state.isUnusable && delivery.acknowledgement == nil ? formToken : nil
        body = view.body.map { Self.shortened($0, of: view.number) } ?? "The body is no longer kept."
    }

    private static let longestBody = 80_000

    /// As much of a body as a page bears once it is escaped; a list of a thousand subscriptions is read by programs.
    private static func shortened(_ body: String, of number: DeliveryNumber) -> String {
        var size = 0
        for index in body.unicodeScalars.indices {
            let scalar = body.unicodeScalars[index]
            size += "\"&'<>".unicodeScalars.contains(scalar) ? 6 : UTF8.width(scalar)
            if size > longestBody { return body[..<index] + "\n… the whole body: GET /api/v1/events/\(number)" }
        }
        return body
    }
}

/// The panels: whether they answer, how much may be asked of them, what did not succeed.
struct PanelPage: Page {
    struct Panel: Sendable {
        var name: String
        var circuit: String
        var kind: String
        var reason: String?
        var facts: [Fact]
        /// Only of a locked one, and for who may unlock it.
        var formToken: String?
        var address: String
    }

    struct Trouble: Sendable {
        var at: String
        var shownAt: String
        var address: String
        var customer: String
        var detail: String
        var outcome: String

        init(_ operation: PanelOperation) {
            at = operation.startedAt.iso8601
            shownAt = shown(at)
            customer = operation.customer.name
            address = "/customers/\(segment(operation.customer.description))"
            detail = operation.detail
            outcome = operation.answer.map { "\(operation.state.rawValue): \($0)" } ?? operation.state.rawValue
        }
    }

    let template = "panel"
    let title = "Panel"
    let heading = "Panel"
    var frame: PageFrame?
    var panels: [Panel]
    var operations: [Trouble]

    init(frame: PageFrame, panels: [String: StatusView.PanelView], troubles: [PanelOperation]) {
        self.frame = frame
        let formToken = frame.mayChange ? frame.formToken : nil
        self.panels = panels.sorted { $0.key < $1.key }.map { Panel($0, $1, formToken: formToken) }
        operations = troubles.sorted { $0.number > $1.number }.prefix(50).map(Trouble.init)
    }
}

extension PanelPage.Panel {
    fileprivate init(_ name: String, _ view: StatusView.PanelView, formToken: String?) {
        self.name = name
        address = "/panel/\(segment(name))"
        self.formToken = view.circuit == "locked" ? formToken : nil
        circuit = view.circuitWords
        kind = view.circuit == "closed" ? "converged" : "needs_attention"
        reason = view.reason
        facts = [
            Fact(name: "Servers", value: view.servers.map { "\($0)" } ?? "not read yet"),
            Fact(name: "Calls for accounts and servers", value: view.applicationBudget.words),
            Fact(name: "Calls for permissions and consoles", value: view.clientBudget.words),
            Fact(name: "Clock", value: view.clockDifferenceSeconds.map { "\($0) s from ours" } ?? "not known yet"),
        ]
        if let audit = view.lastAudit {
            facts.append(
                Fact(
                    name: "Last read as a whole",
                    value: """
                        \(shown(audit.finishedAt)); users: \(audit.users), servers: \(audit.servers), calls: \(audit.calls), \
                        customers who differed: \(audit.drifted)
                        """
                )
            )
        }
        if let retryAt = view.retryAt { facts.append(Fact(name: "Next try", value: shown(retryAt))) }
    }
}

extension StatusView.PanelView {
    /// What its circuit means to people.
    var circuitWords: String {
        switch circuit {
        case "closed": "answers"
        case "locked": "looks like another panel: nothing is written to it"
        default: "does not answer as it should"
        }
    }
}

extension StatusView.BudgetView {
    fileprivate var words: String {
        "\(remaining) of \(limit) still free this minute; waiting for one: \(waiting); made since the start: \(calls)"
    }
}
