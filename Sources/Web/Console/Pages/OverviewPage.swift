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
        var items: [String]
    }

    struct Work: Sendable {
        var sentence: String
        var done: String
        var total: String?
    }

    let template = "overview"
    let title = "Overview"
    var heading: String
    var frame: PageFrame?
    var summary: String
    var tiles: [Tile]
    var attention: Sentences?
    var holding: Bool
    var work: [Work]
    var hasWork: Bool
    var access: Chart?
    var deliveries: Chart
    var facts: [Fact]
    var pauseAction: String
    var pauseLabel: String

    init(
        frame: PageFrame,
        status: StatusView,
        work underWay: [WorkView],
        accessTimes: [AccessTime],
        deliveriesByHour: [Timestamp: Int],
        now: Timestamp
    ) {
        self.frame = frame
        let counts = status.customers
        let isWell = counts.total == counts.converged
        heading = isWell ? "Everybody has what they paid for" : "Not everybody has what they paid for yet"
        summary =
            counts.total == 0
            ? "No customer is known yet. Deliveries from the billing system make them."
            : "\(counts.converged) of \(counts.total) customers have exactly what they should."
        tiles = [
            Tile(count: counts.converged, label: "converged", address: "/customers?state=converged", kind: "converged"),
            Tile(count: counts.working, label: "working", address: "/customers?state=working", kind: "working"),
            Tile(count: counts.blocked, label: "blocked", address: "/customers?state=blocked", kind: "blocked"),
            Tile(
                count: counts.needsAttention,
                label: "need attention",
                address: "/attention",
                kind: "needs_attention"
            ),
        ]
        attention = status.attention.isEmpty ? nil : Sentences(items: status.attention)
        holding = status.breaker.heldCustomers > 0
        work = underWay.map { Work(sentence: $0.sentence, done: "\($0.done)", total: $0.total.map { "\($0)" }) }
        hasWork = !work.isEmpty
        access = Chart(accessTimes: accessTimes)
        deliveries = Chart(deliveriesByHour: deliveriesByHour, now: now)
        facts = Fact.all(status)
        pauseAction = status.paused ? "resume" : "pause"
        pauseLabel = status.paused ? "Go on" : "Pause all changes"
    }
}

/// A name and what it stands for.
struct Fact: Sendable {
    var name: String
    var value: String

    static func all(_ status: StatusView) -> [Fact] {
        var facts = [
            Fact(name: "Mode", value: status.paused ? "\(status.mode), paused" : status.mode),
            Fact(name: "Breaker", value: breaker(status.breaker)),
            Fact(name: "Subscriptions", value: "\(status.subscriptions)"),
            Fact(name: "Deliveries waiting", value: "\(status.deliveriesWaiting)"),
            Fact(name: "Billing last heard", value: status.billingHeardAt.map(shown) ?? "never"),
        ]
        for (name, panel) in status.panels.sorted(by: { $0.key < $1.key }) {
            facts.append(
                Fact(
                    name: "Panel \(name)",
                    value: """
                        circuit \(panel.circuit); calls left: \(panel.applicationBudget.remaining) of \
                        \(panel.applicationBudget.limit) application, \(panel.clientBudget.remaining) of \
                        \(panel.clientBudget.limit) client
                        """
                )
            )
        }
        return facts
    }

    private static func breaker(_ breaker: StatusView.BreakerView) -> String {
        switch breaker.heldCustomers {
        case 0: "closed"
        case 1: "holds the losses of 1 customer"
        default: "holds the losses of \(breaker.heldCustomers) customers"
        }
    }
}
