import Entitlements
import Ledger
import Oracle

/// What people and pages ask of the ledger, and what is forgotten in time.
extension SimulatedLedger {
    func confirmDeletion(of slot: DedicatedSlot, server: Int, by decision: PersonDecision) async throws -> CustomerKey?
    {
        try write("confirm deletion") { try await real.confirmDeletion(of: slot, server: server, by: decision) }
    }

    func handOver(_ subscription: SubscriptionID, by decision: PersonDecision) async throws -> HandOver? {
        try write("hand over") { try await real.handOver(subscription, by: decision) }
    }

    func letGo(of slot: DedicatedSlot, server: Int, makingAnother: Bool, by decision: PersonDecision) async throws
        -> LettingGo
    {
        try write("let go") {
            try await real.letGo(of: slot, server: server, makingAnother: makingAnother, by: decision)
        }
    }

    func fillPlace(_ slot: DedicatedSlot, by decision: PersonDecision) async throws -> CustomerKey? {
        try write("fill place") { try await real.fillPlace(slot, by: decision) }
    }

    func adopt(_ server: DedicatedServer, for customer: CustomerKey, by decision: PersonDecision) async throws
        -> AdoptionObstacle?
    {
        try write("adopt") { try await real.adopt(server, for: customer, by: decision) }
    }

    func add(_ override: Override, to customer: CustomerKey, now: Timestamp) async throws -> Override {
        try write("override") { try await real.add(override, to: customer, now: now) }
    }

    func endOverride(_ id: OverrideID, by author: String, because reason: String?, now: Timestamp) async throws
        -> CustomerKey?
    {
        try write("end override") { try await real.endOverride(id, by: author, because: reason, now: now) }
    }

    func accept(_ line: DriftLine, by decision: PersonDecision) async throws {
        try write("accept drift") { try await real.accept(line, by: decision) }
    }

    func takeBack(_ line: DriftLine, of customer: CustomerKey, by decision: PersonDecision) async throws {
        try write("take back") { try await real.takeBack(line, of: customer, by: decision) }
    }

    func acceptedDrift() async throws -> Set<AcceptedDrift> {
        try read { try await real.acceptedDrift() }
    }

    func begin(_ rollback: NewRollback, now: Timestamp) async throws -> RollbackNumber {
        try write("roll back") { try await real.begin(rollback, now: now) }
    }

    func stopRollback(_ number: RollbackNumber, by author: String, now: Timestamp) async throws -> Int {
        try write("stop rollback") { try await real.stopRollback(number, by: author, now: now) }
    }

    func rollbacks(before number: RollbackNumber?, limit: Int) async throws -> [RollbackProgress] {
        try read { try await real.rollbacks(before: number, limit: limit) }
    }

    func leftSteps(of rollback: RollbackNumber, limit: Int) async throws -> [LeftAsIs] {
        try read { try await real.leftSteps(of: rollback, limit: limit) }
    }

    func approveHeld(_ shown: [CustomerKey: String], by author: String, now: Timestamp) async throws -> Bool {
        try write("approve") { try await real.approveHeld(shown, by: author, now: now) }
    }

    func record(_ action: PersonAction) async throws {
        try write("action") { try await real.record(action) }
    }

    func acknowledge(_ number: DeliveryNumber, by decision: PersonDecision) async throws -> Acknowledging {
        try write("acknowledge") { try await real.acknowledge(number, by: decision) }
    }

    // MARK: Reading

    func summary() async throws -> LedgerSummary {
        try read { try await real.summary() }
    }

    func customers(_ query: CustomerQuery) async throws -> [CustomerRow] {
        try read { try await real.customers(query) }
    }

    func banned(at now: Timestamp) async throws -> [CustomerKey: CustomerState] {
        try read { try await real.banned(at: now) }
    }

    func commonReasons(limit: Int) async throws -> [CommonReason] {
        try read { try await real.commonReasons(limit: limit) }
    }

    func heldCustomers() async throws -> [HeldCustomer] {
        try read { try await real.heldCustomers() }
    }

    func blockages(sinceBefore moment: Timestamp) async throws -> [Blockage] {
        try read { try await real.blockages(sinceBefore: moment) }
    }

    func deliveriesByHour(since: Timestamp) async throws -> [Timestamp: Int] {
        try read { try await real.deliveriesByHour(since: since) }
    }

    func customersChanging(after now: Timestamp, beyond mark: ChangeMark?, limit: Int) async throws -> [CustomerRow] {
        try read { try await real.customersChanging(after: now, beyond: mark, limit: limit) }
    }

    func customers(concernedBy deliveries: [DeliveryNumber], limit: Int) async throws -> [DeliveryNumber: [CustomerKey]]
    {
        try read { try await real.customers(concernedBy: deliveries, limit: limit) }
    }

    func customers(matching text: String) async throws -> [CustomerRow] {
        try read { try await real.customers(matching: text) }
    }

    func deliveries(before: DeliveryNumber?, state: StoredDelivery.State?, limit: Int) async throws -> [StoredDelivery]
    {
        try read { try await real.deliveries(before: before, state: state, limit: limit) }
    }

    func delivery(_ number: DeliveryNumber) async throws -> StoredDelivery? {
        try read { try await real.delivery(number) }
    }

    func events(of customer: CustomerKey, limit: Int) async throws -> [StoredEvent] {
        try read { try await real.events(of: customer, limit: limit) }
    }

    func operations(of customer: CustomerKey?, state: PanelOperation.State?, before: Int64?, limit: Int) async throws
        -> [PanelOperation]
    {
        try read { try await real.operations(of: customer, state: state, before: before, limit: limit) }
    }

    func operations(since moment: Timestamp, limit: Int) async throws -> [PanelOperation] {
        try read { try await real.operations(since: moment, limit: limit) }
    }

    func overrides(_ query: OverrideQuery, before mark: OverrideMark?, limit: Int) async throws
        -> [(CustomerKey, Override)]
    {
        try read { try await real.overrides(query, before: mark, limit: limit) }
    }

    func history(of customer: CustomerKey, before mark: HistoryMark?, limit: Int) async throws -> [HistoryEntry] {
        try read { try await real.history(of: customer, before: mark, limit: limit) }
    }

    func actions(_ query: ActionQuery, before number: Int64?, limit: Int) async throws -> [StoredAction] {
        try read { try await real.actions(query, before: number, limit: limit) }
    }

    func dedicatedServers(deletionWaits: Bool, after slot: DedicatedSlot?, limit: Int) async throws -> [OwnedServer] {
        try read { try await real.dedicatedServers(deletionWaits: deletionWaits, after: slot, limit: limit) }
    }

    func customer(of subscription: SubscriptionID) async throws -> CustomerKey? {
        try read { try await real.customer(of: subscription) }
    }

    func dedicatedServers(of subscription: SubscriptionID) async throws -> [OwnedServer] {
        try read { try await real.dedicatedServers(of: subscription) }
    }

    func ownerlessSubscriptions(after id: SubscriptionID?, limit: Int) async throws -> [Subscription] {
        try read { try await real.ownerlessSubscriptions(after: id, limit: limit) }
    }

    // MARK: Keeping

    func checkWritable() async throws {
        try write("check") { try await real.checkWritable() }
    }

    func prune(bodiesBefore: Timestamp, idsBefore: Timestamp) async throws -> Int {
        try write("prune") { try await real.prune(bodiesBefore: bodiesBefore, idsBefore: idsBefore) }
    }

    func forgetHistory(operationsBefore: Timestamp, actionsBefore: Timestamp) async throws -> Int {
        try write("forget history") {
            try await real.forgetHistory(operationsBefore: operationsBefore, actionsBefore: actionsBefore)
        }
    }

    func forgetDeletedCustomers(before moment: Timestamp, accountsBefore: Timestamp, now: Timestamp) async throws
        -> Int
    {
        try write("forget customers") {
            try await real.forgetDeletedCustomers(before: moment, accountsBefore: accountsBefore, now: now)
        }
    }

    func billingHeardAt() async throws -> Timestamp? {
        let heard = try read { try await real.billingHeardAt() }
        return mutation.hearing(heard, Timestamp(milliseconds: world.clock.milliseconds))
    }
}

// MARK: Ranks

extension SimulatedLedger {
    func markRanks(of customers: Set<CustomerKey>, now: Timestamp) async throws {
        try write("mark ranks") { try await real.markRanks(of: customers, now: now) }
    }

    func markAllRanks(in states: Set<CustomerState>, now: Timestamp) async throws {
        try write("mark all ranks") { try await real.markAllRanks(in: states, now: now) }
    }

    func claimDueRanks(limit: Int, atLeast urgency: LanePriority, lease: Duration, now: Timestamp) async throws
        -> [RankClaim]
    {
        try write("claim ranks") {
            try await real.claimDueRanks(limit: limit, atLeast: urgency, lease: lease, now: now)
        }
    }

    func nextRankDue() async throws -> Timestamp? {
        try life.requireAlive()
        if let known = world.with(\.polls.nextRankDue) { return known.moment }
        let next = try read { try await real.nextRankDue() }
        world.with { $0.polls.nextRankDue = World.NextDue(moment: next) }
        return next
    }

    func rankFile(of key: RankKey) async throws -> RankFile? {
        try read { try await real.rankFile(of: key) }
    }

    func write(_ step: RankWrite, under claim: RankClaim, now: Timestamp) async throws -> [PanelOperation] {
        try write("rank step") { try await real.write(step, under: claim, now: now) }
    }

    func finish(_ claim: RankClaim, _ outcome: RankOutcome, now: Timestamp) async throws {
        try write("finish rank") { try await real.finish(claim, outcome, now: now) }
    }

    func noteRunning(_ target: RankTargetID, since start: Timestamp, now: Timestamp) async throws -> Int {
        try write("note running") { try await real.noteRunning(target, since: start, now: now) }
    }

    func regrant(_ target: RankTargetID, called name: String, by author: String, now: Timestamp) async throws -> Int {
        try change { try await real.regrant(target, called: name, by: author, now: now) }
    }

    func rankCounts() async throws -> [RankTargetID: RankCount] {
        try life.requireAlive()
        if let known = world.with(\.polls.rankCounts) { return known }
        let counts = try read { try await real.rankCounts() }
        world.with { $0.polls.rankCounts = counts }
        return counts
    }
}

// MARK: Requests under a key, and times to access

extension SimulatedLedger {
    func begin(_ request: KeyedRequest, now: Timestamp) async throws -> RequestStanding {
        try write("begin request") { try await real.begin(request, now: now) }
    }

    func keep(_ answer: KeptAnswer, to request: KeyedRequest) async throws {
        try write("keep answer") { try await real.keep(answer, to: request) }
    }

    func forget(_ request: KeyedRequest) async throws {
        try write("forget request") { try await real.forget(request) }
    }

    func forgetRequests(before moment: Timestamp) async throws -> Int {
        try change("forget requests") { try await real.forgetRequests(before: moment) }
    }

    func accessTimes(limit: Int) async throws -> [AccessTime] {
        try read { try await real.accessTimes(limit: limit) }
    }

    func forgetAccessTimes(keeping newest: Int) async throws -> Int {
        try change("forget access times") { try await real.forgetAccessTimes(keeping: newest) }
    }
}
