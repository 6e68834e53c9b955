import Entitlements
import Ledger
import Provisioning
import PterodactylAPI
import Synchronization

/// Mistakes that an engine like ours could have, each of which the oracle must notice.
package enum EngineFault: String, CaseIterable, Sendable {
    case acknowledgesBeforeTheCommit
    case dropsAFold
    case decidesFromTheLastSubscriptionAlone
    case restartsGraceOnRepeat
    case givesNoGrace
    case givesGraceTwice
    case revokesWithoutSettling
    case forgetsTheBaseline
    case forgetsUnsettledOperations
    case dropsTheReadBack
    case ignoresRetryAfter
    case approvesEverything
    case ignoresBans
    case neverAudits
    case givesTheLowestRank
    case countsNobody
    case holdsWhateverIsLost
    case endsWhatOneListLacks
    case believesEveryClock
    case keepsTheDeleted
    case clearsWhatIsLeftOut
    case neverFollowsEmails
    case handsAccountsOver
    case deletesAccountsEarly
    case takesNoRanks
    case suspendsNoServers
    case deletesServersUnasked
    case trustsAnyLedger
    case worksOnAnyPanel
    case takesSilenceForAnEnd
    case endsWhatIsSoldNoMore
    case forgetsGraceInGame
    case givesRanksForGood
    case saysMoreToConsoles
    case seesNoNewServer
    case retriesWithoutLooking
    case unlocksByItself
    case appliesReloadsUnasked

    package var mutation: Mutation {
        var mutation = Mutation()
        switch self {
        case .acknowledgesBeforeTheCommit: mutation.isWritten = { $0.stampedAt.milliseconds / 1000 % 7 != 0 }
        case .dropsAFold:
            mutation.fold = { deliveries in
                deliveries.map { $0.number % 5 == 0 ? UnfoldedDelivery(number: $0.number, events: []) : $0 }
            }
        case .decidesFromTheLastSubscriptionAlone:
            mutation.file = { $0.changing { $0.record.subscriptions = $0.record.subscriptions.suffix(1) } }
        case .restartsGraceOnRepeat: mutation.fold = { $0.map(\.withGraceRestarted) }
        case .givesNoGrace: mutation.rules = { $0.with { $0.gracePeriod = .seconds(1) } }
        case .givesGraceTwice: mutation.rules = { $0.with { $0.gracePeriod = $0.gracePeriod * 2 } }
        case .revokesWithoutSettling: mutation.rules = { $0.with { $0.settle = .zero } }
        case .forgetsTheBaseline: mutation.file = { $0.changing { $0.grants = $0.grants.map(\.withoutBaseline) } }
        case .forgetsUnsettledOperations:
            mutation.file = { $0.changing { $0.unsettled = [] } }
            mutation.write = { step in
                var step = step
                if !step.intents.isEmpty { step.grants = step.grants.map(\.takenForDone) }
                return step
            }
        case .dropsTheReadBack: mutation.answer = Self.believingRemovals()
        case .ignoresRetryAfter:
            mutation.answer = { _, outcome in
                outcome.map { response in
                    var response = response
                    response.headers.removeAll { $0.name == "retry-after" }
                    return response
                }
            }
        case .approvesEverything: mutation.approves = { _ in true }
        case .ignoresBans:
            mutation.file = { $0.changing { $0.record.overrides.removeAll { $0.kind == .ban } } }
        case .givesTheLowestRank: mutation.rules = { $0.withTiersUpsideDown }
        case .countsNobody:
            mutation.rules = {
                $0.with {
                    $0.breaker.maxCustomers = 10_000; $0.breaker.maxShare = 1
                }
            }
        case .holdsWhateverIsLost:
            mutation.rules = {
                $0.with {
                    $0.breaker.maxCustomers = 0; $0.breaker.maxShare = 0
                }
            }
        case .endsWhatOneListLacks: mutation.fold = Self.endingWhatOneListLacks()
        case .believesEveryClock:
            mutation.answer = { _, outcome in
                outcome.map { response in
                    var response = response
                    response.headers.removeAll { $0.name.lowercased() == "date" }
                    return response
                }
            }
        case .keepsTheDeleted: mutation.file = { $0.changing { $0.record.deletedAt = nil } }
        case .clearsWhatIsLeftOut: mutation.fold = { $0.map(\.withGapsCleared) }
        case .neverFollowsEmails:
            mutation.file = {
                $0.changing { if let link = $0.links[World.panelName] { $0.record.email = link.customerEmail } }
            }
        case .handsAccountsOver: mutation.file = { $0.changing { $0.links[World.panelName]?.isOurs = true } }
        case .deletesAccountsEarly:
            mutation.rules = { $0.with { $0.accountRetention = .lasting(.seconds(3600)) } }
        case .takesNoRanks: mutation.reply = { $0.sends("removetemp") ? .done : nil }
        case .suspendsNoServers:
            mutation.reply = { $0.method == .post && $0.target.hasSuffix("/suspend") ? .done : nil }
        case .deletesServersUnasked: mutation.rules = \.deletingServersUnasked
        case .trustsAnyLedger: mutation.minds = false
        case .worksOnAnyPanel: mutation.answer = Self.takingAnybodyForThoseWhoWere()
        case .takesSilenceForAnEnd: mutation.hearing = { _, now in now }
        case .endsWhatIsSoldNoMore: Self.endWhatIsSoldNoMore(&mutation)
        case .forgetsGraceInGame: mutation.request = { $0.sendingRanks { $0 - 86_400 } }
        case .givesRanksForGood: mutation.request = { $0.sendingRanks { _ in 4_000_000_000 } }
        case .saysMoreToConsoles: mutation.request = \.sayingMoreToConsoles
        case .seesNoNewServer: mutation.answer = Self.seeingNoNewServer()
        case .retriesWithoutLooking: Self.retryWithoutLooking(&mutation)
        case .unlocksByItself: mutation.unlocksByItself = true
        case .appliesReloadsUnasked:
            mutation.approves = { $0.reasons.contains { $0.contains("because the configuration changed") } }
        case .neverAudits: mutation.rules = { $0.with { $0.auditEvery = .days(400) } }
        }
        return mutation
    }

    /// Takes whatever a list leaves out for cancelled, without waiting for a second list.
    private static func endingWhatOneListLacks() -> @Sendable ([UnfoldedDelivery]) -> [UnfoldedDelivery] {
        let known = KnownSubscriptions()
        return { deliveries in
            known.ids.withLock { ids in
                deliveries.map { delivery in
                    let listed = delivery.events.compactMap(\.subscription)
                    ids.formUnion(listed)
                    guard let page = delivery.page else { return delivery }
                    var delivery = delivery
                    delivery.events += ids.subtracting(listed).sorted().map { .end(of: $0, at: page.beganAt) }
                    return delivery
                }
            }
        }
    }

    /// Takes a removal for done whatever became of its answer, and the look that follows for granted.
    private static func believingRemovals() -> @Sendable (PanelRequest, Mutation.Outcome) -> Mutation.Outcome {
        let removed = RemovedPaths()
        return { request, outcome in
            switch request.method {
            case .delete where request.api == .client:
                removed.paths.withLock { _ = $0.insert(request.target) }
                return .success(.done)
            case .get where removed.paths.withLock({ $0.remove(request.target) }) != nil:
                return .success(.noSuchThing)
            case .get, .post, .patch, .delete:
                return outcome
            }
        }
    }
}

private final class KnownSubscriptions: Sendable {
    let ids = Mutex<Set<SubscriptionID>>([])
}

extension BillingEvent {
    fileprivate static func end(of subscription: SubscriptionID, at moment: Timestamp) -> BillingEvent {
        var facts = EventFacts()
        facts.status = .value(.cancelled)
        let order = EventOrder(source: EventOrder.absence, occurredAt: moment, stampedAt: moment, receivedAt: moment)
        return BillingEvent(kind: .snapshot, subscription: subscription, order: order, facts: facts)
    }
}

private final class RemovedPaths: Sendable {
    let paths = Mutex<Set<String>>([])
}

extension PanelRequest {
    fileprivate func sends(_ word: String) -> Bool {
        method == .post && target.hasSuffix("/command") && String(decoding: body ?? [], as: UTF8.self).contains(word)
    }
}

extension PanelResponse {
    fileprivate static let done = PanelResponse(status: 204, headers: [], body: [])

    /// The panel's own words for a thing that it does not have.
    static let noSuchThing = PanelResponse(
        status: 404,
        headers: [PanelHeader("content-type", "application/json")],
        body: Array(
            #"""
            {"errors":[{"code":"NotFoundHttpException","status":"404","detail":"The requested resource could not be found on the server."}]}
            """#.utf8
        )
    )
}

extension ProvisioningRules {
    fileprivate var withTiersUpsideDown: ProvisioningRules {
        var rules = self
        let tiers = catalog.tiers.map { tier in
            var tier = tier
            tier.rank = -tier.rank
            return tier
        }
        rules.catalog = Catalog(tiers: tiers, groups: Array(catalog.groups.values))
        return rules
    }

    fileprivate var deletingServersUnasked: ProvisioningRules {
        var rules = self
        let tiers = catalog.tiers.map { tier in
            var tier = tier
            tier.dedicated?.deletion.asks = false
            return tier
        }
        rules.catalog = Catalog(tiers: tiers, groups: Array(catalog.groups.values))
        return rules
    }

    fileprivate func with(_ change: (inout Policy) -> Void) -> ProvisioningRules {
        var rules = self
        change(&rules.policy)
        return rules
    }
}

extension CustomerFile {
    fileprivate func changing(_ change: (inout CustomerFile) -> Void) -> CustomerFile {
        var file = self
        change(&file)
        return file
    }
}

extension Grant {
    fileprivate var withoutBaseline: Grant {
        var grant = self
        grant.handMade = nil
        grant.everGranted.formUnion(observed.permissions ?? [])
        return grant
    }

    fileprivate var takenForDone: Grant {
        var grant = self
        let row = permissions.union(handMade ?? [])
        grant.observed = row.isEmpty ? .absent : .present(row.union([.websocketConnect]))
        return grant
    }
}

extension UnfoldedDelivery {
    /// Takes whatever an event leaves out for something that is not there any more.
    fileprivate var withGapsCleared: UnfoldedDelivery {
        var delivery = self
        for index in delivery.events.indices where delivery.events[index].subscription != nil {
            if !delivery.events[index].facts.product.isStated { delivery.events[index].facts.product = .cleared }
            if !delivery.events[index].facts.endsAt.isStated { delivery.events[index].facts.endsAt = .cleared }
        }
        return delivery
    }

    /// Has each failure of a payment come right after a payment, so that its grace begins with it.
    fileprivate var withGraceRestarted: UnfoldedDelivery {
        var delivery = self
        delivery.events = events.flatMap { event -> [BillingEvent] in
            guard event.kind == .paymentFailed else { return [event] }
            var payment = event
            payment.kind = .paymentSucceeded
            payment.facts.status = .unstated
            return [payment, event]
        }
        return delivery
    }
}
