import Entitlements
import Ledger
import Provisioning

/// A choice of a list in a form.
struct Choice: Sendable {
    var value: String
    var label: String
    var isChosen: Bool
}

/// A customer as a line of a list.
struct CustomerLine: Sendable {
    var address: String
    var name: String
    var key: String
    var state: String
    var stateWords: String
    var since: String
    var sinceShown: String
    var reason: String
    var reasons: [String]

    init(_ row: CustomerRow) {
        address = "/customers/\(segment(row.key.description))"
        name = row.name ?? row.email ?? row.key.description
        key = row.email.map { "\(row.key) · \($0)" } ?? row.key.description
        state = row.state.rawValue
        stateWords = row.state.words
        since = row.stateSince.iso8601
        sinceShown = shown(since)
        reason = row.reasons.first ?? ""
        reasons = row.reasons
    }
}

extension CustomerState {
    var words: String {
        switch self {
        case .converged: "converged"
        case .working: "working"
        case .blocked: "blocked"
        case .needsAttention: "needs attention"
        }
    }
}

/// Customers, searched and filtered, a page at a time.
struct CustomersPage: Page {
    let template = "customers"
    let title = "Customers"
    let heading = "Customers"
    var frame: PageFrame?
    var search: String
    var states: [Choice]
    var tiers: [Choice]
    var rows: [CustomerLine]
    var nextPage: String?

    init(frame: PageFrame, query: CustomerQuery, tier: String?, tiers: [String], found: [CustomerRow]) {
        self.frame = frame
        search = query.search ?? ""
        states =
            [Choice(value: "", label: "any", isChosen: query.state == nil)]
            + CustomerState.allCases.map {
                Choice(value: $0.rawValue, label: $0.words, isChosen: $0 == query.state)
            }
        self.tiers =
            [Choice(value: "", label: "any", isChosen: tier == nil)]
            + tiers.map { Choice(value: $0, label: $0, isChosen: $0 == tier) }
        rows = found.map(CustomerLine.init)
        nextPage = query.next(after: found).map { after in
            PageAddress("/customers")
                .with("search", query.search)
                .with("state", query.state?.rawValue)
                .with("tier", tier)
                .with("after", after)
                .text
        }
    }
}

/// Customers who need a person, each with the reason, and what is held.
struct AttentionPage: Page {
    struct Held: Sendable {
        var count: String
        var formToken: String?
    }

    let template = "attention"
    let title = "Needs attention"
    let heading = "What needs a person"
    var frame: PageFrame?
    var sentences: [String]
    var hasSentences: Bool
    var held: Held?
    var customers: [CustomerLine]
    var nextPage: String?

    init(frame: PageFrame, sentences: [String], heldCount: Int, query: CustomerQuery, found: [CustomerRow]) {
        self.frame = frame
        self.sentences = sentences
        hasSentences = !sentences.isEmpty
        if heldCount > 0 {
            held = Held(
                count: heldCount == 1 ? "1 customer" : "\(heldCount) customers",
                formToken: frame.mayChange ? frame.formToken : nil
            )
        }
        customers = found.map(CustomerLine.init)
        nextPage = query.next(after: found).map { PageAddress("/attention").with("after", $0).text }
    }
}

/// An address with a query, each value as one.
struct PageAddress {
    private var path: String
    private var query: [String] = []

    init(_ path: String) {
        self.path = path
    }

    func with(_ name: String, _ value: String?) -> PageAddress {
        guard let value, !value.isEmpty else { return self }
        var address = self
        address.query.append("\(name)=\(segment(value))")
        return address
    }

    var text: String {
        query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }
}
