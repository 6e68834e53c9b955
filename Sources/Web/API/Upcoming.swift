import Entitlements
import Ledger
import Provisioning

/// What changes for a customer by time alone, if nothing more is heard, the next first.
struct Upcoming {
    struct Change: Hashable, Comparable {
        var at: Timestamp
        var what: String

        var sentence: String { "At \(at.iso8601) \(what)." }

        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.what) < (right.at, right.what)
        }
    }

    let file: CustomerFile
    let decision: Decision
    let world: WorldView

    var changes: [Change] {
        let all =
            file.record.subscriptions.compactMap(change) + file.record.overrides.compactMap(change)
            + file.grants.compactMap(settling) + file.links.values.compactMap(retirement)
        return all.filter { $0.at > world.now }.sorted()
    }

    func change(of subscription: Subscription) -> Change? {
        switch decision.standings[subscription.id] {
        case .pastDue(_, let graceEnds, let isInferred):
            let held = isInferred ? "; what that would take away waits for approval" : ""
            return Change(at: graceEnds, what: "the grace of subscription \(subscription.id) ends\(held)")
        case .cancelling(let until):
            return Change(at: until, what: "subscription \(subscription.id) ends, as it was cancelled")
        case .active:
            if let lapse = decision.lapse(of: subscription) {
                return Change(at: lapse, what: "the time is over that subscription \(subscription.id) lasts")
            }
            return subscription.paidThrough.date.map {
                Change(at: $0, what: "what is paid for subscription \(subscription.id) ends, and its grace begins")
            }
        case .pending, .unheard, .suspended, .ended, .lapsed, nil: return nil
        }
    }

    func change(of override: Override) -> Change? {
        guard override.isInForce(at: world.now), let until = override.until else { return nil }
        return Change(at: until, what: "a \(override.word) ends (\(override.reason))")
    }

    private func settling(_ grant: Grant) -> Change? {
        let settling = grant.losing.filter { permission, _ in
            grant.reasons.contains { $0.value.contains(permission) && !decision.isAtOnce(lossOf: $0.key) }
        }
        guard let first = settling.values.min() else { return nil }
        let permissions = settling.keys.sorted().map(\.key).joined(separator: ", ")
        return Change(
            at: first + world.rules.policy.settle,
            what: "\(permissions) on \(world.serverName(grant.server)) goes, once the change has settled"
        )
    }

    private func retirement(of link: AccountLink) -> Change? {
        guard link.isOurs, let ended = link.accessEndedAt,
            case .lasting(let retention) = file.record.accountRetention(
                catalog: world.rules.catalog,
                policy: world.rules.policy
            )
        else {
            return nil
        }
        return Change(
            at: ended + retention,
            what: "the panel account \(link.account.username), which we made, is deleted if it holds nothing else"
        )
    }
}
