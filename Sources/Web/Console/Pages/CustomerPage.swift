import Entitlements
import Hummingbird
import Ledger
import Provisioning

/// One customer: what they have, why, what comes next, and what can be decided.
struct CustomerPage: Page {
    struct Access: Sendable {
        var name: String
        var granted: String
        var handMade: String
        var observed: String
    }

    struct Bought: Sendable {
        var id: String
        var product: String
        var tier: String
        var status: String
        var paidThrough: String
        var endsAt: String
    }

    struct Rank: Sendable {
        var name: String
        var player: String
        var group: String
        var until: String
        var state: String
        var stateWords: String
        var reasons: [String]
    }

    struct Decided: Sendable {
        var id: String
        var sentence: String
        var formToken: String?
    }

    struct Entry: Sendable {
        var at: String
        var shownAt: String
        var what: String
        var detail: String
        var delivery: String?
        var outcome: String
    }

    struct Decide: Sendable {
        var formToken: String
        var tiers: [Choice]
        var mayRelease: Bool
        var isHeld: Bool
        /// What was typed before something about it was wrong.
        var reason = ""
        var until = ""

        mutating func fill(from query: Parameters) {
            reason = query.get("reason") ?? ""
            until = query.get("until") ?? ""
            let tier = query.get("tier")
            for index in tiers.indices { tiers[index].isChosen = tiers[index].value == tier }
        }
    }

    let template = "customer"
    var title: String
    var heading: String
    var frame: PageFrame?
    var address: String
    var key: String
    var state: String
    var stateWords: String
    var since: String
    var sinceShown: String
    var tier: String?
    var reasons: [PageSentence]
    var hasReasons: Bool
    var explanation: [String]
    var access: [Access]
    var hasAccess: Bool
    var ranks: [Rank]
    var hasRanks: Bool
    var dedicated: [String]
    var hasDedicated: Bool
    var subscriptions: [Bought]
    var accounts: [String]
    var hasAccounts: Bool
    var overrides: [Decided]
    var hasOverrides: Bool
    var decide: Decide?
    var timeline: [Entry]
    var nextPage: String?

    init(
        frame: PageFrame,
        view: CustomerView,
        inForce: [Override],
        isHeld: Bool,
        tiers: [String],
        timeline entries: [HistoryEntry]
    ) {
        self.frame = frame
        heading = view.name ?? view.email ?? view.key
        title = heading
        address = "/customers/\(segment(view.key))"
        key = view.email.map { "\(view.key) · \($0)" } ?? view.key
        let known = CustomerState(rawValue: view.state)
        state = known?.styled(isBanned: view.banned) ?? view.state
        stateWords = known?.words(isBanned: view.banned) ?? view.state
        since = view.since
        sinceShown = shown(view.since)
        tier = view.tier
        reasons = view.reasons.map(PageSentence.init)
        hasReasons = !view.reasons.isEmpty
        // What stands above is not said twice.
        explanation = view.explanation.filter { !view.reasons.contains($0) }
        access = view.access.map(Access.init)
        hasAccess = !view.access.isEmpty
        ranks = view.ranks.map(Rank.init)
        hasRanks = !view.ranks.isEmpty
        dedicated = view.dedicated.map(\.sentence)
        hasDedicated = !view.dedicated.isEmpty
        subscriptions = view.subscriptions.map(Bought.init)
        accounts = view.accounts.map(\.sentence)
        hasAccounts = !view.accounts.isEmpty
        let formToken = frame.mayChange ? frame.formToken : nil
        overrides = inForce.map { Decided(id: $0.id.rawValue, sentence: $0.sentence, formToken: formToken) }
        hasOverrides = !inForce.isEmpty
        decide = formToken.map {
            Decide(
                formToken: $0,
                tiers: tiers.map { Choice(value: $0, label: $0, isChosen: false) },
                mayRelease: inForce.contains { $0.word != "grant" },
                isHeld: isHeld
            )
        }
        timeline = entries.map { Entry(TimelineEntry($0)) }
        if entries.count == Console.timelineSize, let last = entries.last {
            nextPage = PageAddress(address).with("before", last.mark.description).text
        }
    }
}

extension CustomerPage.Access {
    init(_ access: AccessView) {
        name = access.name
        granted = access.granted.joined(separator: ", ")
        handMade = access.handMade.joined(separator: ", ")
        observed =
            switch access.observed {
            case nil: "not read yet"
            case .some(let row): row.isEmpty ? "no subuser" : row.joined(separator: ", ")
            }
    }
}

extension CustomerPage.Bought {
    init(_ subscription: SubscriptionView) {
        id = subscription.id
        product = subscription.product ?? "–"
        tier = subscription.tier ?? "none"
        status =
            subscription.graceEndsAt.map { "\(subscription.status), grace until \(shown($0))" } ?? subscription.status
        paidThrough = subscription.paidThrough.map(shown) ?? "–"
        endsAt = subscription.endsAt.map(shown) ?? "–"
    }
}

extension CustomerPage.Rank {
    init(_ rank: RankView) {
        name = rank.name
        player = rank.player
        group = rank.group ?? "–"
        until = rank.expiresAt.map(shown) ?? "–"
        state = rank.state
        let known = CustomerState(rawValue: rank.state)
        stateWords = known == .converged ? "as it should be" : known?.words ?? rank.state
        reasons = rank.reasons
    }
}

extension CustomerPage.Entry {
    init(_ entry: TimelineEntry) {
        at = entry.at
        shownAt = shown(entry.at)
        what = entry.what
        detail = entry.detail
        delivery = entry.delivery.map { "\($0)" }
        outcome = entry.outcome ?? ""
    }
}

extension CustomerView.AccountView {
    fileprivate var sentence: String {
        let origin = createdByUs ? "made by us" : "was there before us"
        return "\(username) (\(email)) on panel \(panel), user \(userId), \(origin)"
    }
}

extension Override {
    fileprivate var sentence: String {
        let end = until.map { " until \(shown($0.iso8601))" } ?? ""
        let what =
            switch kind {
            case .grant(let tier): "Grant of tier \(tier)"
            case .ban: "Ban"
            case .hold: "Hold"
            }
        return "\(what)\(end), by \(author): \(reason)"
    }
}

/// What a decision would do, before it is made.
struct ConfirmPage: Page {
    struct Field: Sendable {
        var name: String
        var value: String

        /// What a confirmation sends: from this session, once, and what was shown.
        static func all(_ frame: PageFrame, _ others: (String, String)...) -> [Self] {
            let own = [("form_token", frame.formToken), ("attempt", ChangeSeed().text)]
            return (own + others).map { Self(name: $0, value: $1) }
        }
    }

    let template = "confirm"
    let title = "Before it happens"
    /// It answers a form, and cannot be loaded anew.
    let answersOnce = true
    var frame: PageFrame?
    var heading: String
    var sentence: String
    /// Why none of it happens yet.
    var obstacle: String?
    var changes: [String]
    var action: String
    var back: String
    var button: String
    var kind: String
    var fields: [Field]
}
