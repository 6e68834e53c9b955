import Entitlements
import Ledger
import Provisioning

/// Why a customer has what they have, and what comes next, one sentence a line.
struct Explanation {
    let file: CustomerFile
    let decision: Decision
    let world: WorldView

    var lines: [String] {
        var lines = standing
        lines += file.record.subscriptions.map(sentence)
        lines += file.record.overrides.filter { $0.isInForce(at: world.now) }.map(sentence)
        let access = AccessView.all(file: file, decision: decision, world: world)
        lines += access.map(sentence)
        if access.isEmpty { lines.append("No access on any server.") }
        lines += DedicatedView.all(file: file, decision: decision, world: world).map(\.sentence)
        lines += file.ranks.map(sentence)
        lines +=
            wantedRanks(
                of: decision,
                customer: file.record,
                catalog: world.rules.catalog,
                naming: world.rules.naming,
                map: RankMap(catalog: world.rules.catalog, inventories: world.inventories)
            ).problems
        let changes = Upcoming(file: file, decision: decision, world: world).changes
        lines += changes.map { "If nothing more is heard: \($0.sentence)" }
        return lines
    }

    private var standing: [String] {
        if decision.isDeleted {
            return ["The billing system deleted this customer: they have no access, granted or not."]
        }
        return decision.isBanned ? ["Banned: no access, whatever is paid."] : []
    }

    private func sentence(_ subscription: Subscription) -> String {
        let product = subscription.product.map { "\"\($0)\"" } ?? "no product"
        let tier = world.rules.catalog.tier(product: subscription.product, named: subscription.tierHint)
        let sells = tier.map { "tier \($0.id)" } ?? "no tier"
        let lapse =
            decision.lapse(of: subscription).map { " until \($0.iso8601), when the time it lasts is over" } ?? ""
        return
            "Subscription \(subscription.id) (\(product), \(sells)) \(words(for: decision.standings[subscription.id]))\(lapse)."
    }

    private func words(for standing: Standing?) -> String {
        switch standing {
        case nil: "is not decided yet"
        case .pending: "was never paid"
        case .active: "is active"
        case .cancelling(let until): "is cancelled and gives access until \(until.iso8601)"
        case .pastDue(let since, let graceEnds, let isInferred):
            "is past due since \(since.iso8601)\(isInferred ? " (inferred: the date paid for has passed)" : ""); grace ends at \(graceEnds.iso8601)"
        case .unheard(let since): "should have been renewed at \(since.iso8601), but billing is silent; access is kept"
        case .suspended(.graceOver, let since, _):
            "is suspended since \(since.iso8601), because it was not paid within the grace period"
        case .suspended(.byHand, let since, _): "was suspended by hand at \(since.iso8601)"
        case .suspended(.refunded, let since, _): "was refunded at \(since.iso8601) and is suspended"
        case .suspended(.disputed, let since, _): "is disputed since \(since.iso8601) and is suspended"
        case .ended(let cause, let at, _): "ended at \(at.iso8601) (\(cause.words))"
        case .lapsed(let at): "ended at \(at.iso8601), when the time it lasts was over"
        }
    }

    private func sentence(_ override: Override) -> String {
        let end = override.until.map { " until \($0.iso8601)" } ?? ""
        return switch override.kind {
        case .grant(let tier): "\(override.author) granted tier \(tier)\(end): \(override.reason)"
        case .ban: "\(override.author) banned this customer\(end): \(override.reason)"
        case .hold: "\(override.author) put this customer on hold\(end): \(override.reason)"
        }
    }

    private func sentence(_ rank: CustomerRank) -> String {
        let place = "In game on \(world.targetName(rank.share.target))"
        let reasons = rank.share.perks.keys.sorted().map { reason in
            switch reason.source {
            case .subscription(let id): "subscription \(id) (tier \(reason.tier))"
            case .override: "a grant of tier \(reason.tier)"
            }
        }
        let because = reasons.isEmpty ? "nothing any more" : reasons.joined(separator: " and ")
        let sent = rank.standing?.record.sent ?? [:]
        let what = (sent[.luckPerms] ?? sent[.commands]).map { perk in
            let name = perk.group.map { "rank \($0)" } ?? "what tier \(perk.tier) gives"
            let end = perk.expires >= .farthest ? "without an end" : "until \(perk.expires.iso8601)"
            return "\(rank.share.player) has \(name) \(end)"
        }
        let state = rank.standing?.reasons.joined(separator: " ") ?? ""
        return
            "\(place): \(what ?? "nothing was sent for \(rank.share.player) yet"), because of \(because).\(state.isEmpty ? "" : " \(state)")"
    }

    private func sentence(_ access: AccessView) -> String {
        if access.hasEverything { return "On \(access.name): everything, as its owner or a root admin." }
        if access.granted.isEmpty, access.desired.isEmpty {
            return "On \(access.name): by hand: \(access.handMade.joined(separator: ", "))."
        }
        let givers = access.because.map { reason in
            let giver = reason.subscription.map { "subscription \($0)" } ?? "a grant"
            return "\(reason.permissions.joined(separator: ", ")) by \(giver) (tier \(reason.tier))"
        }
        var parts = [(access.granted.isEmpty ? "shall have " : "has ") + givers.joined(separator: "; ")]
        let missing = access.desired.filter { !access.granted.contains($0) }
        if !access.granted.isEmpty, !missing.isEmpty {
            parts.append("\(missing.joined(separator: ", ")) is still to be given")
        }
        let leaving = access.granted.filter { !access.desired.contains($0) }
        if !access.granted.isEmpty, !leaving.isEmpty {
            parts.append(
                "\(leaving.joined(separator: ", ")) is there beyond what is paid for and waits to be taken away"
            )
        }
        if !access.handMade.isEmpty { parts.append("by hand: \(access.handMade.joined(separator: ", "))") }
        return "On \(access.name): \(parts.joined(separator: "; "))."
    }
}

extension Stop.Cause {
    fileprivate var words: String {
        switch self {
        case .cancelled: "cancelled"
        case .terminated: "terminated"
        case .endDatePassed: "the date of its cancellation passed"
        case .suspendedByHand: "suspended by hand"
        }
    }
}
