/// A server of their own that a customer should have now.
package struct DedicatedWish: Hashable, Sendable {
    package var reason: GrantReason
    /// `nil` if what the customer typed at the checkout fits into no server; `unfit` says what.
    package var request: DedicatedRequest?
    package var unfit: UnfitValue?
}

/// The servers of their own that a customer should have: one for every live subscription of a tier that sells one, times its quantity.
///
/// A grant makes no server: it names no subscription whose server it could be. What a subscription's server keeps running is
/// `Decision.keepsRunning(_:)`.
package func desiredDedicated(
    of decision: Decision,
    customer: CustomerRecord,
    catalog: Catalog
) -> [DedicatedSlot: DedicatedWish] {
    var wishes: [DedicatedSlot: DedicatedWish] = [:]
    for entitlement in decision.entitlements {
        guard case .subscription(let id) = entitlement.source, let tier = catalog.tier(entitlement.tier),
            let offer = tier.dedicated, let subscription = customer.subscriptions.first(where: { $0.id == id })
        else { continue }
        let reason = GrantReason(entitlement)
        for number in subscription.dedicatedNumbers {
            let filling = Filling(subscription: subscription, tier: tier.id, number: number, customer: customer.key)
            var wish = DedicatedWish(reason: reason)
            do throws(UnfitValue) {
                wish.request = try offer.request(filling)
            } catch {
                wish.unfit = error
            }
            wishes[DedicatedSlot(subscription: id, panel: offer.panel, number: number)] = wish
        }
    }
    return wishes
}

extension Subscription {
    /// The numbers of the servers that it asks for; a quantity beyond every sense asks for none anew.
    package var dedicatedNumbers: ClosedRange<Int> {
        1...(quantityIsSensible ? max(1, quantity) : 1)
    }

    package var quantityIsSensible: Bool { quantity <= DedicatedOffer.largestQuantity }
}

/// What a subscription fills into an offer.
private struct Filling {
    var subscription: Subscription
    var tier: TierID
    var number: Int
    var customer: CustomerKey

    func value(of place: DedicatedTemplate.Place) throws(UnfitValue) -> String? {
        switch place {
        case .product: subscription.product?.rawValue ?? tier.rawValue
        case .subscription: subscription.id.rawValue
        case .tier: tier.rawValue
        case .number: "\(number)"
        case .customer: customer.name
        case .property(let name): try fitValue(subscription.properties[name], of: name)
        }
    }
}

extension DedicatedOffer {
    fileprivate func request(_ filling: Filling) throws(UnfitValue) -> DedicatedRequest {
        var filled: [String: String] = [:]
        for (variable, template) in environment {
            // A checkout field that was left empty leaves the variable to the egg.
            if let value = try template.filled(filling.value) { filled[variable] = value }
        }
        var name = fitName(try self.name.filled(filling.value) ?? "")
        let isNumbered = self.name.pieces.contains(.place(.number))
        if filling.number > 1, !isNumbered { name += " (\(filling.number))" }
        return DedicatedRequest(
            egg: egg,
            nest: nest,
            dockerImage: dockerImage,
            startup: startup,
            environment: filled,
            name: name,
            limits: limits,
            features: features,
            placement: placement,
            startsOnCompletion: startsOnCompletion,
            skipsScripts: skipsScripts,
            oomKiller: oomKiller
        )
    }
}

extension Decision {
    /// Why a server of somebody's own is not wanted any more; `nil` if it is to stay as it is.
    ///
    /// It is lost with its subscription, or when another product has none on this panel, or when fewer were bought.
    func loss(of server: DedicatedServer, bought subscription: Subscription) -> LossKind? {
        let source = EntitlementSource.subscription(subscription.id)
        let isFewer = entitlements.contains {
            $0.source == source && $0.tier == server.reason.tier && $0.product == server.reason.product
                && server.slot.number > subscription.dedicatedNumbers.upperBound
        }
        if isFewer {
            guard subscription.quantityIsSensible else { return nil }
            return subscription.onlyListed.contains(.quantity) ? .inferred : .told
        }
        return loss(of: server.reason)
    }

    /// Whether a grant that a person made keeps a server running whose subscription gives none now.
    func keepsRunning(_ server: DedicatedServer) -> Bool {
        entitlements.contains { entitlement in
            switch entitlement.source {
            case .subscription: false
            case .override: entitlement.tier == server.reason.tier
            }
        }
    }

    /// Whether what a server was bought with is over, and not only not paid for now.
    func hasEnded(_ subscription: SubscriptionID) -> Bool {
        if isDeleted { return true }
        switch standings[subscription] {
        case .ended, .lapsed: return true
        case .suspended, .pending, nil: return false
        // It goes on and is not banned, yet it has no such server: of another product, or of fewer.
        case .active, .cancelling, .pastDue, .unheard: return !isBanned
        }
    }
}
