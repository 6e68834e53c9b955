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
    var reasons: [PageSentence]

    init(_ row: CustomerRow, isBanned: Bool) {
        address = "/customers/\(segment(row.key.description))"
        name = row.name ?? row.email ?? row.key.name
        // Whoever has no id is known by the e-mail.
        key = row.email.map { $0 == row.key.name ? $0 : "\(row.key.name) · \($0)" } ?? row.key.name
        state = row.state.styled(isBanned: isBanned)
        stateWords = row.state.words(isBanned: isBanned)
        since = row.stateSince.iso8601
        sinceShown = shown(since)
        reason = row.reasons.first ?? ""
        reasons = row.reasons.map(PageSentence.init)
    }
}

extension CustomerState {
    var words: String {
        switch self {
        case .converged: "has what they paid for"
        case .working: "working"
        case .blocked: "blocked"
        case .needsAttention: "needs attention"
        }
    }

    /// Whoever is banned has what they should, and that is nothing.
    func words(isBanned: Bool) -> String {
        guard isBanned else { return words }
        return self == .converged ? "banned" : "banned, \(words)"
    }

    /// The class by which the style sheet knows it.
    func styled(isBanned: Bool) -> String {
        isBanned && self == .converged ? "banned" : rawValue
    }
}

/// Customers, searched and filtered, a page at a time.
struct CustomersPage: Page {
    /// What stands among the states, though it is none: a choice of everybody whom a ban keeps out.
    static let banned = "banned"

    let template = "customers"
    let title = "Customers"
    let heading = "Customers"
    var frame: PageFrame?
    var search: String
    var states: [Choice]
    var tiers: [Choice]
    var rows: [CustomerLine]
    var nextPage: String?

    init(
        frame: PageFrame,
        query: CustomerQuery,
        tier: String?,
        tiers: [String],
        banned: [CustomerKey: CustomerState],
        found: (rows: [CustomerRow], next: String?)
    ) {
        self.frame = frame
        search = query.search ?? ""
        let isOfBanned = query.bannedAt != nil
        states =
            [Choice(value: "", label: "any", isChosen: query.state == nil && !isOfBanned)]
            + CustomerState.allCases.map {
                Choice(value: $0.rawValue, label: $0.words, isChosen: $0 == query.state)
            } + [Choice(value: Self.banned, label: "banned", isChosen: isOfBanned)]
        self.tiers =
            [Choice(value: "", label: "any", isChosen: tier == nil)]
            + tiers.map { Choice(value: $0, label: $0, isChosen: $0 == tier) }
        rows = found.rows.map { CustomerLine($0, isBanned: banned[$0.key] != nil) }
        nextPage = found.next.map { after in
            PageAddress("/customers")
                .with("search", query.search)
                .with("state", isOfBanned ? Self.banned : query.state?.rawValue)
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

    /// A delivery that cannot be used.
    struct Unusable: Sendable {
        var number: String
        var what: String
        var note: String
        var formToken: String?

        init(_ delivery: StoredDelivery, formToken: String?) {
            number = "\(delivery.number)"
            what = "\(delivery.event ?? "unreadable"), \(delivery.state.word)"
            note = delivery.note ?? ""
            self.formToken = formToken
        }
    }

    /// A server that waits for a person's word to be deleted.
    struct Deletion: Sendable {
        var number: String
        var sentence: String
        var address: String
        var slot: String
        var server: String
        var formToken: String?

        init(_ number: Int, _ owned: OwnedServer, formToken: String?) {
            self.number = "\(number)"
            sentence = DedicatedView(owned.server, of: owned.customer).sentence
            address = "/customers/\(segment(owned.customer.description))"
            slot = owned.server.slot.description
            server = owned.server.identity.map { "\($0.number)" } ?? ""
            self.formToken = formToken
        }
    }

    static let rowsShown = 20

    let template = "attention"
    let title = "Needs attention"
    let heading = "What needs a person"
    var frame: PageFrame?
    var sentences: [PageSentence]
    var hasSentences: Bool
    var held: Held?
    var deletions: [Deletion]
    var hasDeletions: Bool
    var unusable: [Unusable]
    var hasUnusable: Bool
    var customers: [CustomerLine]
    var nextPage: String?

    init(
        frame: PageFrame,
        sentences: [String],
        heldCount: Int,
        deletions waiting: [OwnedServer],
        unusable deliveries: [StoredDelivery],
        query: CustomerQuery,
        banned: [CustomerKey: CustomerState],
        found: [CustomerRow]
    ) {
        self.frame = frame
        self.sentences = sentences.map(PageSentence.init)
        hasSentences = !sentences.isEmpty
        let formToken = frame.mayChange ? frame.formToken : nil
        if heldCount > 0 {
            held = Held(count: heldCount == 1 ? "1 customer" : "\(heldCount) customers", formToken: formToken)
        }
        deletions = waiting.enumerated().map { Deletion($0, $1, formToken: formToken) }
        hasDeletions = !waiting.isEmpty
        unusable = deliveries.map { Unusable($0, formToken: formToken) }
        hasUnusable = !deliveries.isEmpty
        customers = found.map { CustomerLine($0, isBanned: banned[$0.key] != nil) }
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

    /// With what somebody typed on the page, so that it stands there again.
    func with(typed form: Form) -> PageAddress {
        with("reason", form["reason"]).with("until", form["until"]).with("tier", form["tier"])
    }

    var text: String {
        query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }
}
