import Entitlements
import Ledger
import Provisioning

/// Whether everybody has what they paid for, at a glance.
struct OverviewPage: Page {
    struct Tile: Sendable {
        var count: Int
        var label: String
        var address: String
        var kind: String
    }

    struct Sentences: Sendable {
        var items: [PageSentence]
    }

    /// Why customers have not what they should.
    struct Reason: Sendable {
        var count: String
        var reason: PageSentence
        var address: String

        init(_ common: CommonReason) {
            count = "\(common.customers == 1 ? "1 customer" : "\(common.customers) customers"), \(common.state.words)"
            reason = PageSentence(common.reason)
            address = PageAddress("/customers").with("state", common.state.rawValue).text
        }
    }

    static let reasonsShown = 8

    struct Work: Sendable {
        var sentence: String
        var done: String
        var total: String?
    }

    let template = "overview"
    let title = "Overview"
    var heading: String
    var frame: PageFrame?
    /// The class by which the style sheet knows how it stands.
    var verdict: String
    var summary: String
    var tiles: [Tile]
    var attention: Sentences?
    var reasons: [Reason]
    var hasReasons: Bool
    var holding: Bool
    /// Whether it only observes because its ledger was restored.
    var restored: Bool
    var work: [Work]
    var hasWork: Bool
    var access: Chart?
    var accessByDay: Chart?
    var deliveries: Chart
    var facts: [Fact]
    var pauseAction: String
    var pauseLabel: String

    init(
        frame: PageFrame,
        status: StatusView,
        reasons common: [CommonReason],
        restored: Bool,
        work underWay: [WorkView],
        accessTimes: [AccessTime],
        deliveriesByHour: [Timestamp: Int],
        now: Timestamp
    ) {
        self.frame = frame
        let counts = status.customers
        heading = Self.heading(status)
        verdict = Self.isWell(status) ? "good" : counts.needsAttention > 0 || !status.attention.isEmpty ? "bad" : "wait"
        summary =
            counts.total == 0
            ? "No customer is known yet. Deliveries from the billing system make them."
            : "\(counts.converged) of \(counts.total) customers have exactly what they should."
        tiles = [
            Tile(
                count: counts.converged - counts.banned,
                label: "have what they paid for",
                address: "/customers?state=converged",
                kind: "converged"
            ),
            Tile(count: counts.working, label: "working", address: "/customers?state=working", kind: "working"),
            Tile(count: counts.blocked, label: "blocked", address: "/customers?state=blocked", kind: "blocked"),
            Tile(
                count: counts.needsAttention,
                label: "need attention",
                address: "/attention",
                kind: "needs_attention"
            ),
        ]
        if counts.banned > 0 {
            tiles.append(
                Tile(
                    count: counts.banned,
                    label: "banned, and have nothing",
                    address: "/customers?state=\(CustomersPage.banned)",
                    kind: "banned"
                )
            )
        }
        for place in tiles.indices where tiles[place].count == 0 { tiles[place].kind += " none" }
        attention = status.attention.isEmpty ? nil : Sentences(items: status.attention.map(PageSentence.init))
        reasons = common.map(Reason.init)
        hasReasons = !common.isEmpty
        self.restored = restored
        holding = status.breaker.heldCustomers > 0
        work = underWay.map { Work(sentence: $0.sentence, done: "\($0.done)", total: $0.total.map { "\($0)" }) }
        hasWork = !work.isEmpty
        access = Chart(accessTimes: accessTimes)
        accessByDay = Chart(accessTimesByDay: accessTimes, now: now)
        deliveries = Chart(deliveriesByHour: deliveriesByHour, now: now)
        facts = Fact.all(status)
        pauseAction = status.paused ? "resume" : "pause"
        pauseLabel = status.paused ? "Go on" : "Pause all changes"
    }
}

extension OverviewPage {
    private static func isWell(_ status: StatusView) -> Bool {
        status.customers.converged == status.customers.total && status.attention.isEmpty
            && status.deliveriesWaiting == 0
    }

    /// All is well only if nothing waits and nothing needs a person.
    private static func heading(_ status: StatusView) -> String {
        if status.customers.converged < status.customers.total { return "Not everybody has what they paid for yet" }
        if !status.attention.isEmpty { return "Something needs a person" }
        if status.deliveriesWaiting > 0 { return "What was just delivered is being worked on" }
        return status.customers.banned == 0 ? "Everybody has what they paid for" : "Everybody has what they should"
    }
}

/// A name and what it stands for.
struct Fact: Sendable {
    var name: String
    var value: String

    static func all(_ status: StatusView) -> [Fact] {
        var facts = [
            Fact(name: "Mode", value: status.paused ? "\(status.mode), paused" : status.mode),
            Fact(name: "Losses", value: held(status.breaker)),
            Fact(name: "Subscriptions", value: "\(status.subscriptions)"),
            Fact(name: "Deliveries waiting", value: "\(status.deliveriesWaiting)"),
            Fact(name: "Billing last heard", value: status.billingHeardAt.map(shown) ?? "never"),
        ]
        for (name, panel) in status.panels.sorted(by: { $0.key < $1.key }) {
            facts.append(
                Fact(
                    name: "Panel \(name)",
                    value: """
                        \(panel.circuitWords); still free this minute: \(panel.applicationBudget.remaining) of \
                        \(panel.applicationBudget.limit) calls for accounts and servers, \(panel.clientBudget.remaining) of \
                        \(panel.clientBudget.limit) for permissions and consoles
                        """
                )
            )
        }
        return facts
    }

    private static func held(_ breaker: StatusView.BreakerView) -> String {
        switch breaker.heldCustomers {
        case 0: "none is held"
        case 1: "those of 1 customer are held for a person"
        default: "those of \(breaker.heldCustomers) customers are held for a person"
        }
    }
}
