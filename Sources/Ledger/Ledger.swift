package import Entitlements

/// The durable memory of the service: what was said, what follows from it, what was done.
///
/// Every method that writes returns only after its commit is on disk. `LedgerConformanceTests` says what an implementation must hold.
package protocol Ledger: Sendable {
    // MARK: Deliveries

    /// Writes deliveries down in one commit, and says for each what became of it, in the same order.
    func record(_ deliveries: [NewDelivery]) async throws -> [Receipt]
    /// Deliveries of some sources that are acknowledged but not folded yet, oldest first.
    func waitingDeliveries(from sources: DeliverySources, limit: Int) async throws -> [StoredDelivery]
    /// Folds decoded deliveries into subscriptions and customers, and marks the customers whose lane has work, in one commit.
    func fold(_ deliveries: [UnfoldedDelivery], policy: FoldPolicy, now: Timestamp) async throws -> Set<CustomerKey>
    /// Folds a stored delivery again: one that was applied from its events, any other by reading it anew. Harmless to repeat.
    func replay(_ number: DeliveryNumber, policy: FoldPolicy, now: Timestamp) async throws -> Replay
    /// Folds every subscription anew from its events, if they were last folded under another policy.
    func refold(policy: FoldPolicy, now: Timestamp) async throws

    // MARK: Lanes

    /// Marks customers as having work, `nil` for all of them.
    func mark(_ customers: Set<CustomerKey>?, priority: LanePriority, now: Timestamp) async throws
    /// Marks the customers who are in one of these states.
    func markAll(in states: Set<CustomerState>, priority: LanePriority, now: Timestamp) async throws
    /// Claims up to `limit` customers that are due, at least so urgent, and in nobody's lane.
    func claimDue(limit: Int, atLeast urgency: LanePriority, lease: Duration, now: Timestamp) async throws -> [Claim]
    /// When the next customer is due; `nil` if none is scheduled.
    func nextDue() async throws -> Timestamp?
    /// All that is held of a claimed customer.
    func file(of customer: CustomerKey) async throws -> CustomerFile?
    /// What customers should have is decided from this, by key; who is not there is left out.
    func records(of customers: [CustomerKey]) async throws -> [CustomerKey: CustomerRecord]
    /// Writes one step of a lane, and gives the intents their numbers, in their order; throws `LeaseLost` and writes nothing if the
    /// customer was claimed by somebody else since, `AccountLinkedElsewhere` if an account to be linked is another customer's.
    func write(_ step: LaneWrite, under claim: Claim, now: Timestamp) async throws -> [PanelOperation]
    /// Lengthens a claim; throws `LeaseLost` if it is gone.
    func extend(_ claim: Claim, lease: Duration, now: Timestamp) async throws
    /// Gives the lane back; throws `LeaseLost` if it is gone.
    func finish(_ claim: Claim, _ outcome: LaneOutcome, now: Timestamp) async throws
    /// Gives the lane back as it was, to be claimed again at once.
    func release(_ claim: Claim, now: Timestamp) async throws
    /// Counts who lost access lately or waits to lose it, with the customer in question; complete if nobody else was due by `noticedAt`
    /// and has not been looked at since.
    func lossCensus(for customer: CustomerKey, noticedAt: Timestamp, policy: BreakerPolicy, now: Timestamp) async throws
        -> LossCensus
    /// Frees the lanes of a process that is gone. Called once, at the start, before any claim.
    func releaseAllLanes(now: Timestamp) async throws

    // MARK: Ranks

    /// Marks the ranks in which any of these customers has a share.
    func markRanks(of customers: Set<CustomerKey>, now: Timestamp) async throws
    /// Marks the ranks that are in one of these states, and those that a clock ahead of `now` says were sent.
    func markAllRanks(in states: Set<CustomerState>, now: Timestamp) async throws
    /// Claims up to `limit` ranks that are due and in nobody's lane, the urgent first.
    func claimDueRanks(limit: Int, atLeast urgency: LanePriority, lease: Duration, now: Timestamp) async throws
        -> [RankClaim]
    /// When the next rank is due; `nil` if none is scheduled.
    func nextRankDue() async throws -> Timestamp?
    /// All that is held of one player on one target.
    func rankFile(of key: RankKey) async throws -> RankFile?
    /// Writes one step of a rank's lane, and gives the intents their numbers, in their order; throws `RankLeaseLost` and writes nothing if
    /// the rank was claimed by somebody else since.
    func write(_ step: RankWrite, under claim: RankClaim, now: Timestamp) async throws -> [PanelOperation]
    /// Gives the lane back, and marks the customers who have a share in the rank if it stands otherwise than before; a rank of which
    /// nothing is left is forgotten. Throws `RankLeaseLost` if the claim is gone.
    func finish(_ claim: RankClaim, _ outcome: RankOutcome, now: Timestamp) async throws
    /// The server that speaks for a target runs since a moment: what waits for it is due, and what was sent to a mere name before is sent
    /// again. Returns how many that makes due.
    func noteRunning(_ target: RankTargetID, since start: Timestamp, now: Timestamp) async throws -> Int
    /// Has everything on a target sent again, as after a wipe, because a person said so; returns how many ranks that are.
    ///
    /// `name` is what people call the target.
    func regrant(_ target: RankTargetID, called name: String, by author: String, now: Timestamp) async throws -> Int
    /// The ranks of every target that has any.
    func rankCounts() async throws -> [RankTargetID: RankCount]

    // MARK: Panels

    /// Compares what this ledger was made for with what is configured, and records it at first start.
    func pin(_ value: String, as name: String) async throws -> PinCheck
    /// Replaces what was pinned, because a person said so.
    func repin(_ value: String, as name: String) async throws
    /// What is pinned under that name; `nil` if nothing is.
    func pinned(_ name: String) async throws -> String?
    func servers(on panel: PanelName) async throws -> [PanelServer]
    /// Replaces the list; what is kept of ranks on a server whose id is another's by now (its uuid differs) goes with it.
    func replaceServers(on panel: PanelName, with servers: [PanelServer], now: Timestamp) async throws
    /// The customers to whom accounts of a panel are linked, by the panel's user id.
    func linkedAccounts(on panel: PanelName) async throws -> [Int: LinkedAccount]
    /// Grants on one server, also those that are over, by the panel's user id.
    func grants(on server: PanelServerID) async throws -> [Int: Grant]
    /// Customers whom any of these accounts is linked to, each by its id and with the uuid that it has now.
    ///
    /// A link to another uuid is to an account that is gone, whose id was given out anew.
    func owners(of accounts: [Int: String], on panel: PanelName) async throws -> [Int: CustomerKey]

    /// Servers of customers' own on a panel, by the panel's id.
    func dedicatedServers(on panel: PanelName) async throws -> [Int: OwnedServer]

    // MARK: People

    /// Writes a decision down, and returns it as it stands: the same id for the same customer again is the one that is there.
    @discardableResult
    func add(_ override: Override, to customer: CustomerKey, now: Timestamp) async throws -> Override
    /// Ends an override; `nil` if there is none in force with that id.
    func endOverride(_ id: OverrideID, by author: String, because reason: String?, now: Timestamp) async throws
        -> CustomerKey?
    /// Allows what is held, exactly as it was shown: each customer with the fingerprint of what is held; says whether all of it still was, and
    /// allows nothing otherwise.
    func approveHeld(_ shown: [CustomerKey: String], by author: String, now: Timestamp) async throws -> Bool
    func record(_ action: PersonAction) async throws
    /// Counts what is in the grants as given by us, because a person said so, on servers where nothing is recorded of the customer yet;
    /// returns on how many.
    func takeOver(_ grants: [Grant], for customer: CustomerKey, by author: String, now: Timestamp) async throws -> Int
    /// Writes a rollback down, puts the customers concerned on hold and marks them, in one commit; the same plan a second time is the
    /// rollback that is there. Throws `RollbackUnderWay` while another one still has steps to go.
    func begin(_ rollback: NewRollback, now: Timestamp) async throws -> RollbackNumber
    /// Ends what waits of a rollback; returns how many steps that were.
    func stopRollback(_ number: RollbackNumber, by author: String, now: Timestamp) async throws -> Int
    /// Rollbacks before a number, the newest first, with how far they are.
    func rollbacks(before number: RollbackNumber?, limit: Int) async throws -> [RollbackProgress]
    /// What a rollback left as it was, and why.
    func leftSteps(of rollback: RollbackNumber, limit: Int) async throws -> [LeftAsIs]
    /// Allows the deletion of a server of somebody's own that waits for it; `nil` if none does, or it is another server of the panel.
    func confirmDeletion(of slot: DedicatedSlot, server: Int, by decision: PersonDecision) async throws -> CustomerKey?
    /// Gives the servers of a subscription that changed its customer to the one whose it is now; `nil` if none are another's.
    func handOver(_ subscription: SubscriptionID, by decision: PersonDecision) async throws -> HandOver?
    /// Takes a server of somebody's own out of our hands for good; its place stays empty unless another is to be made there.
    func letGo(of slot: DedicatedSlot, server: Int, makingAnother: Bool, by decision: PersonDecision) async throws
        -> LettingGo
    /// Has a server made again in a place that a person kept empty; says whose, `nil` if it is not.
    func fillPlace(_ slot: DedicatedSlot, by decision: PersonDecision) async throws -> CustomerKey?
    /// Writes down that a server of the panel is to be a customer's own; says what stands in the way, and then writes nothing.
    func adopt(_ server: DedicatedServer, for customer: CustomerKey, by decision: PersonDecision) async throws
        -> AdoptionObstacle?

    /// Remembers that nothing is to be done about a delivery that cannot be used: it needs nobody any more, and is kept as it is.
    func acknowledge(_ number: DeliveryNumber, by decision: PersonDecision) async throws -> Acknowledging
    /// Remembers that what a line of drift shows is right; what a customer should not have by it counts as given by hand from now on.
    func accept(_ line: DriftLine, by decision: PersonDecision) async throws
    /// Has what was given back to a customer by hand taken away again.
    func takeBack(_ line: DriftLine, of customer: CustomerKey, by decision: PersonDecision) async throws
    func acceptedDrift() async throws -> Set<AcceptedDrift>

    // MARK: Requests

    /// Writes down that a change is about to be made, unless its author's key is known already; says what is known of it.
    func begin(_ request: KeyedRequest, now: Timestamp) async throws -> RequestStanding
    /// Keeps what a change was answered with, for its repeats.
    func keep(_ answer: KeptAnswer, to request: KeyedRequest) async throws
    /// Frees the key of a change that was not made.
    func forget(_ request: KeyedRequest) async throws

    // MARK: Reading

    func summary() async throws -> LedgerSummary
    func customers(_ query: CustomerQuery) async throws -> [CustomerRow]
    /// Whom a ban keeps out at a moment, and how each of them stands.
    func banned(at now: Timestamp) async throws -> [CustomerKey: CustomerState]
    /// The first reasons of those who have not what they should, each with how many have it, the most frequent first.
    func commonReasons(limit: Int) async throws -> [CommonReason]
    /// All customers for whom losses are held, by key.
    func heldCustomers() async throws -> [HeldCustomer]
    /// What has stood in the way of customers since a moment or longer: each reason with whom it concerns, the commonest first.
    func blockages(sinceBefore moment: Timestamp) async throws -> [Blockage]
    /// How many deliveries came in each hour since a moment, by the hour's beginning; hours without any are left out.
    func deliveriesByHour(since: Timestamp) async throws -> [Timestamp: Int]
    /// Customers for whom time alone changes something after `now` and beyond a place in that list, the next first.
    func customersChanging(after now: Timestamp, beyond mark: ChangeMark?, limit: Int) async throws -> [CustomerRow]
    /// How long the latest new payers waited for their access, the newest first.
    func accessTimes(limit: Int) async throws -> [AccessTime]
    /// Whom the events of deliveries concern, by the delivery; of each, no more than `limit`.
    func customers(concernedBy deliveries: [DeliveryNumber], limit: Int) async throws -> [DeliveryNumber: [CustomerKey]]
    /// The customer of a key or an id; else all who have an e-mail, by key.
    func customers(matching text: String) async throws -> [CustomerRow]
    func deliveries(before: DeliveryNumber?, state: StoredDelivery.State?, limit: Int) async throws -> [StoredDelivery]
    func delivery(_ number: DeliveryNumber) async throws -> StoredDelivery?
    func events(of customer: CustomerKey, limit: Int) async throws -> [StoredEvent]
    func operations(of customer: CustomerKey?, state: PanelOperation.State?, before: Int64?, limit: Int) async throws
        -> [PanelOperation]
    /// Operations that began at a moment or later, in the order in which they were made.
    func operations(since moment: Timestamp, limit: Int) async throws -> [PanelOperation]
    /// Overrides before a place in that list; the newest first.
    func overrides(_ query: OverrideQuery, before mark: OverrideMark?, limit: Int) async throws -> [(
        CustomerKey, Override
    )]
    /// What was said, decided and done for a customer before a place in their history, newest first.
    func history(of customer: CustomerKey, before mark: HistoryMark?, limit: Int) async throws -> [HistoryEntry]
    /// What people did, newest first.
    func actions(_ query: ActionQuery, before number: Int64?, limit: Int) async throws -> [StoredAction]
    /// What is held of these subscriptions; those of which nothing is known are missing.
    func subscriptions(_ ids: Set<SubscriptionID>) async throws -> [SubscriptionID: KnownSubscription]
    /// Servers of customers' own after a slot, by subscription, panel and number; those alone whose deletion waits for a person, if asked for.
    func dedicatedServers(deletionWaits: Bool, after slot: DedicatedSlot?, limit: Int) async throws -> [OwnedServer]
    /// Whose a subscription is; `nil` if nobody's, or if there is none.
    func customer(of subscription: SubscriptionID) async throws -> CustomerKey?
    /// All servers of one subscription, whosever they are.
    func dedicatedServers(of subscription: SubscriptionID) async throws -> [OwnedServer]
    /// Subscriptions after an id whose events named no customer yet, by id.
    func ownerlessSubscriptions(after id: SubscriptionID?, limit: Int) async throws -> [Subscription]

    // MARK: Payments

    /// Remembers what a payment was for, by the name that the payment provider gives it.
    func remember(payment: String, of subscriptions: [SubscriptionID], now: Timestamp) async throws
    /// What a remembered payment was for; `nil` if it was never heard of.
    func subscriptions(paidBy payment: String) async throws -> [SubscriptionID]?

    // MARK: Keeping

    /// Whether a write would succeed; throws what stands in the way.
    func checkWritable() async throws
    /// Empties the bodies of deliveries older than the first date and forgets ids older than the second; returns how many rows changed.
    func prune(bodiesBefore: Timestamp, idsBefore: Timestamp) async throws -> Int
    /// The billing system's own rules, as they were last reported.
    func senderSettings() async throws -> SenderSettings?
    /// Forgets operations that are over, and what people did, from before these moments; returns how many rows went.
    func forgetHistory(operationsBefore: Timestamp, actionsBefore: Timestamp) async throws -> Int
    /// Forgets changes that were asked for under a key before a moment; returns how many.
    func forgetRequests(before moment: Timestamp) async throws -> Int
    /// Forgets how long new payers waited, but for the newest so many; returns how many went.
    func forgetAccessTimes(keeping newest: Int) async throws -> Int
    /// Forgets what names those whom the billing system deleted before a moment, once they have no access left: e-mail, name, properties,
    /// bodies, accounts. Ids and what people decided stay. Whoever has an account that we made is left until that is deleted, or until
    /// the second moment. Returns how many customers that were.
    func forgetDeletedCustomers(before moment: Timestamp, accountsBefore: Timestamp, now: Timestamp) async throws -> Int
    /// When the billing system was last heard: the newest delivery.
    func billingHeardAt() async throws -> Timestamp?
}

extension Ledger {
    /// All whom the events of a delivery concern.
    package func customers(concernedBy delivery: DeliveryNumber) async throws -> Set<CustomerKey> {
        Set(try await customers(concernedBy: [delivery], limit: .max)[delivery] ?? [])
    }

    /// Deliveries that are acknowledged but not folded yet, oldest first.
    package func waitingDeliveries(limit: Int) async throws -> [StoredDelivery] {
        try await waitingDeliveries(from: .all, limit: limit)
    }

    /// Claims up to `limit` customers that are due, however urgent, and in nobody's lane.
    package func claimDue(limit: Int, lease: Duration, now: Timestamp) async throws -> [Claim] {
        try await claimDue(limit: limit, atLeast: .audit, lease: lease, now: now)
    }

    /// Claims up to `limit` ranks that are due, however urgent, and in nobody's lane.
    package func claimDueRanks(limit: Int, lease: Duration, now: Timestamp) async throws -> [RankClaim] {
        try await claimDueRanks(limit: limit, atLeast: .audit, lease: lease, now: now)
    }
}

/// Which sources' deliveries are meant.
package enum DeliverySources: Hashable, Sendable {
    case all
    case only(String)
    case allBut(String)
}

/// The customer was claimed by somebody else in the meantime; what was about to be written is refused.
package struct LeaseLost: Error, Hashable, CustomStringConvertible {
    package var customer: CustomerKey

    package init(customer: CustomerKey) {
        self.customer = customer
    }

    package var description: String {
        "The lane of customer \(customer) was taken over; its former holder writes nothing more."
    }
}

/// The rank was claimed by somebody else in the meantime; what was about to be written is refused.
package struct RankLeaseLost: Error, Hashable, CustomStringConvertible {
    package var key: RankKey

    package init(key: RankKey) {
        self.key = key
    }

    package var description: String {
        "The lane of \(key.player) on \(key.target) was taken over; its former holder writes nothing more."
    }
}

/// The account that was to be linked is another customer's already.
package struct AccountLinkedElsewhere: Error, Hashable, CustomStringConvertible {
    /// The panel's user id.
    package var account: Int
    package var customer: CustomerKey

    package init(account: Int, customer: CustomerKey) {
        self.account = account
        self.customer = customer
    }

    package var description: String {
        "User \(account) is already linked to customer \(customer)"
    }
}

/// Whether the ledger belongs to what is configured.
package enum PinCheck: Hashable, Sendable {
    case firstStart
    case same
    case different(recorded: String)
}

/// An account of a panel that is linked to a customer.
package struct LinkedAccount: Hashable, Sendable {
    package var customer: CustomerKey
    package var uuid: String

    package init(customer: CustomerKey, uuid: String) {
        self.customer = customer
        self.uuid = uuid
    }
}

/// Something that a person did, for the audit log.
package struct PersonAction: Hashable, Sendable {
    package var author: String
    package var what: String
    package var customer: CustomerKey?
    package var reason: String?
    package var at: Timestamp

    package init(author: String, what: String, customer: CustomerKey? = nil, reason: String? = nil, at: Timestamp) {
        self.author = author
        self.what = what
        self.customer = customer
        self.reason = reason
        self.at = at
    }
}
