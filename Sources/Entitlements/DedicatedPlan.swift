/// What is to be done about one server of a customer's own.
package struct DedicatedPlan: Hashable, Sendable {
    package let slot: DedicatedSlot
    /// The server as it is to be written down now, before any step; `nil` if there is none to write.
    package var server: DedicatedServer?
    /// In the order in which they are to be taken.
    package var steps: [Step] = []
    /// What the customer would lose of it, where they would lose anything.
    package var loss: Loss?
    /// What is not done until a person allows it, in words.
    package var held: [LossKind: String] = [:]
    /// The kind of a loss that goes ahead and that no person decided: the breaker counts it.
    package var counted: LossKind?
    /// When a loss was noticed that waits for anything, by kind; the breaker counts these, too.
    package var awaited: [LossKind: Timestamp] = [:]
    /// Whether it waits until it is known how many customers the same cause concerns.
    package var awaitsOthers = false
    /// When a told loss that waits for `policy.settle` is due.
    package var settlesAt: Timestamp?
    /// Whether what only time takes away waits because our clock and the panel's disagree.
    package var isDoubted = false
    /// When something is due, or to be looked at again.
    package var due: [Timestamp] = []
    /// What a person has to settle.
    package var attention: [Need] = []
    /// What else has to happen first, in words.
    package var waiting: [String] = []

    package enum Loss: Hashable, Sendable {
        case running
        /// Limits that would be less than what was asked for before, in words.
        case size([String])

        /// Completes "Castle is …", "Castle would be …".
        package var participle: String {
            switch self {
            case .running: "suspended"
            case .size(let reductions): "made smaller (\(reductions.joined(separator: ", ")))"
            }
        }
    }

    package enum Step: Hashable, Sendable {
        case create(DedicatedRequest, reason: GrantReason)
        /// Look for what was asked for without an answer.
        case lookForCreation
        /// Make a server of the panel this one, as a person decided.
        case adopt
        /// Ask for what differs from what was asked before, and give it to the account.
        case change(DedicatedRequest, reason: GrantReason, owner: Int)
        case suspend
        case unsuspend
        case delete
        /// Take our external id off a server that is in a person's hands from now on.
        case letGo
    }

    init(_ slot: DedicatedSlot, _ server: DedicatedServer?) {
        self.slot = slot
        self.server = server
    }
}

/// What a plan for servers of a customer's own goes by.
package struct DedicatedCircumstances: Sendable {
    package var decision: Decision
    package var customer: CustomerRecord
    package var catalog: Catalog
    package var settle: Duration
    /// The panel's user id of the customer's account, if it is known.
    package var account: Int?
    /// Subscriptions of this customer whose servers are still another customer's.
    package var elsewhere: [SubscriptionID: CustomerKey]
    /// Whether a person allowed what would otherwise be held.
    package var approved = false
    /// What the breaker says to losses that no person decided.
    package var gate = LossGate.open
    /// Whether nobody knows what time it is.
    package var doubtsTime = false
    package var now: Timestamp

    package init(
        decision: Decision,
        customer: CustomerRecord,
        catalog: Catalog,
        settle: Duration,
        account: Int?,
        elsewhere: [SubscriptionID: CustomerKey] = [:],
        now: Timestamp
    ) {
        self.decision = decision
        self.customer = customer
        self.catalog = catalog
        self.settle = settle
        self.account = account
        self.elsewhere = elsewhere
        self.now = now
    }

    func subscription(_ id: SubscriptionID) -> Subscription? {
        customer.subscriptions.first { $0.id == id }
    }

    /// When a server that was made for that tier is deleted; a tier that is gone never deletes without asking.
    func deletion(of tier: TierID) -> DedicatedDeletion {
        catalog.tier(tier)?.dedicated?.deletion ?? DedicatedDeletion()
    }
}

/// Plans one server of a customer's own, from what is known of it and what was last read.
package func planDedicated(
    _ known: DedicatedServer?,
    at slot: DedicatedSlot,
    wish: DedicatedWish?,
    in circumstances: DedicatedCircumstances
) -> DedicatedPlan {
    var plan = DedicatedPlan(slot, known)
    guard let server = known else {
        plan.planNew(wish, circumstances)
        return plan
    }
    guard !server.isLeaving else {
        plan.steps = [.letGo]
        return plan
    }
    guard let subscription = circumstances.subscription(slot.subscription) else {
        plan.attention.append(
            Need(
                """
                Subscription \(slot.subscription) belongs to another customer now, but its server \(server.name) was given to this one. It \
                stays as it is until a person decides.
                """,
                do: DedicatedPlan.handOver
            )
        )
        return plan
    }
    switch server.origin {
    case .asked: plan.steps = [.lookForCreation]
    case .adopting: plan.steps = [.adopt]
    case .known: plan.planKnown(server, wish, subscription, circumstances)
    case .leaving: break
    }
    return plan
}

extension DedicatedPlan {
    fileprivate static let handOver =
        "Hand it over with `paydactyl hand-over`, or give the subscription back in the billing system."

    fileprivate mutating func planNew(_ wish: DedicatedWish?, _ circumstances: DedicatedCircumstances) {
        guard let wish else { return }
        if let other = circumstances.elsewhere[slot.subscription] {
            attention.append(
                Need(
                    """
                    Subscription \(slot.subscription) is this customer's now, but its server was given to customer \(other). No other is made \
                    until a person decides.
                    """,
                    do: Self.handOver
                )
            )
            return
        }
        if let subscription = circumstances.subscription(slot.subscription), !subscription.quantityIsSensible {
            attention.append(
                Need(
                    """
                    Subscription \(slot.subscription) asks for \(subscription.quantity) servers; more than \
                    \(DedicatedOffer.largestQuantity) are taken for a mistake.
                    """,
                    do: "Set its quantity right in the billing system."
                )
            )
            return
        }
        if let request = wish.request {
            steps = [.create(request, reason: wish.reason)]
        } else {
            complain(of: wish.unfit)
        }
    }

    private mutating func complain(of unfit: UnfitValue?) {
        guard let unfit else { return }
        attention.append(
            Need(
                """
                What subscription \(slot.subscription) holds as "\(unfit.property)" fits into no server: it is longer than 191 characters, or \
                holds some that cannot be shown.
                """,
                do: "Correct it in the billing system."
            )
        )
    }

    fileprivate mutating func planKnown(
        _ server: DedicatedServer,
        _ wish: DedicatedWish?,
        _ subscription: Subscription,
        _ circumstances: DedicatedCircumstances
    ) {
        let decision = circumstances.decision
        self.server?.losingSince = nil
        if let wish {
            planWanted(server, wish, circumstances)
        } else if let kind = decision.loss(of: server, bought: subscription), !decision.keepsRunning(server) {
            planUnwanted(server, kind, circumstances)
        } else {
            planKept(server)
        }
        guard let activity = server.observed?.activity else { return }
        planBusy(server, activity, now: circumstances.now)
        if activity == .installFailed {
            attention.append(
                Need("The installation of \(server.name) failed.", do: "Look at it on the panel and install it again.")
            )
        }
        guard activity.mustEndFirst, !steps.isEmpty else { return }
        waiting.append(
            "The panel still works on \(server.name) (\(activity.rawValue)); what is to be done there waits for that."
        )
        steps = []
        counted = nil
        self.server?.suspendedAt = server.suspendedAt
        self.server?.endedAt = server.endedAt
    }

    /// A server with which the panel is busy is looked at again after a tenth of the time that it has been: one that never ends costs little.
    private mutating func planBusy(_ server: DedicatedServer, _ activity: DedicatedSighting.Activity, now: Timestamp) {
        guard activity.mustEndFirst else {
            self.server?.busySince = nil
            return
        }
        let since = min(server.busySince ?? now, now)
        self.server?.busySince = since
        due.append(now + min(max((now - since) / 10, Self.busyLooked.lowerBound), Self.busyLooked.upperBound))
        guard activity == .installing, now - since >= Self.installsWithin else { return }
        attention.append(
            Need(
                "The panel has been installing \(server.name) for longer than an hour.",
                do: "Look at it there: its node may be away, or the egg's installation may have stopped."
            )
        )
    }

    /// How often a server is looked at with which the panel is busy: soonest and latest.
    package static let busyLooked: ClosedRange<Duration> = .seconds(60)...(.seconds(3600))
    /// What takes longer is not likely to end by itself.
    package static let installsWithin: Duration = .seconds(3600)

    // MARK: Wanted

    private mutating func planWanted(
        _ server: DedicatedServer,
        _ wish: DedicatedWish,
        _ circumstances: DedicatedCircumstances
    ) {
        complain(of: wish.unfit)
        let wanted = allowed(wish, of: server, circumstances)
        let reason = wanted == nil ? server.reason : wish.reason
        let request = wanted ?? server.asked
        let owner = circumstances.account ?? server.owner
        if !request.parts(differingFrom: server.asked).isEmpty || owner != server.owner {
            steps.append(.change(request, reason: reason, owner: owner))
        } else {
            self.server?.asked = request
            self.server?.reason = reason
        }
        planKept(server)
    }

    /// What may be asked for now: a server grows as it is told, and shrinks as anything else is lost.
    private mutating func allowed(
        _ wish: DedicatedWish,
        of server: DedicatedServer,
        _ circumstances: DedicatedCircumstances
    ) -> DedicatedRequest? {
        guard let request = wish.request else { return nil }
        let reductions = request.reductions(from: server.asked)
        guard !reductions.isEmpty else { return request }
        let kind =
            wish.reason == server.reason
            ? .configuration : circumstances.decision.loss(of: server.reason) ?? .told
        return mayTake(.size(reductions), of: server, kind, circumstances) ? request : nil
    }

    /// It runs, and whatever was under way to end it is off.
    private mutating func planKept(_ server: DedicatedServer) {
        self.server?.endedAt = nil
        self.server?.deletionWaitsSince = nil
        self.server?.deletionConfirmedBy = nil
        guard server.suspendedAt != nil else { return }
        // `nil` is not read yet: lifting what is not there does nothing.
        if server.observed?.isSuspended ?? true {
            steps.append(.unsuspend)
        } else {
            self.server?.suspendedAt = nil
        }
    }
}
