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

    package var mutation: Mutation {
        var mutation = Mutation()
        switch self {
        case .acknowledgesBeforeTheCommit: mutation.isWritten = { $0.stampedAt.milliseconds / 1000 % 7 != 0 }
        case .dropsAFold:
            mutation.fold = { deliveries in
                deliveries.map { $0.number % 5 == 0 ? UnfoldedDelivery(number: $0.number, events: []) : $0 }
            }
        case .decidesFromTheLastSubscriptionAlone:
            mutation.file = { file in
                var file = file
                file.record.subscriptions = file.record.subscriptions.suffix(1)
                return file
            }
        case .restartsGraceOnRepeat: mutation.fold = { $0.map(\.withGraceRestarted) }
        case .givesNoGrace: mutation.rules = { $0.with { $0.gracePeriod = .seconds(1) } }
        case .givesGraceTwice: mutation.rules = { $0.with { $0.gracePeriod = $0.gracePeriod * 2 } }
        case .revokesWithoutSettling: mutation.rules = { $0.with { $0.settle = .zero } }
        case .forgetsTheBaseline: mutation.file = { $0.mappingGrants(\.withoutBaseline) }
        case .forgetsUnsettledOperations:
            mutation.file = { file in
                var file = file
                file.unsettled = []
                return file
            }
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
        case .approvesEverything: mutation.approvesEverything = true
        case .ignoresBans:
            mutation.file = { file in
                var file = file
                file.record.overrides.removeAll { $0.kind == .ban }
                return file
            }
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
                return .success(PanelResponse(status: 204, headers: [], body: []))
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

extension PanelResponse {
    /// The panel's own words for a thing that it does not have.
    fileprivate static let noSuchThing = PanelResponse(
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

    fileprivate func with(_ change: (inout Policy) -> Void) -> ProvisioningRules {
        var rules = self
        change(&rules.policy)
        return rules
    }
}

extension CustomerFile {
    fileprivate func mappingGrants(_ change: (Grant) -> Grant) -> CustomerFile {
        var file = self
        file.grants = file.grants.map(change)
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
