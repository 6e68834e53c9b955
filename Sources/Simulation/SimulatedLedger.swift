import Entitlements
import Ledger
import Oracle

/// The real ledger as one life of the process reaches it: calls take no virtual time, each may be the last, and the oracle is told.
struct SimulatedLedger: Ledger {
    let real: any Ledger
    let life: Life
    let mutation: Mutation
    let world: World

    private func read<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        try life.requireAlive()
        return try onTheSpot(work)
    }

    private func write<Value: Sendable>(
        _ name: String,
        _ work: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        try life.pass()
        let value = try onTheSpot(work)
        world.wrote(name)
        try life.pass()
        return value
    }

    /// A write for which the process is not killed.
    private func change<Value: Sendable>(
        _ name: String = "for a person",
        _ work: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        try life.requireAlive()
        let value = try onTheSpot(work)
        world.wrote(name)
        return value
    }

    // MARK: For people and senders, who wait for no task of the engine

    func recordAtOnce(_ delivery: NewDelivery) throws -> Receipt {
        try life.pass()
        guard mutation.isWritten(delivery) else { return .recorded(-1) }
        let receipts = try onTheSpot { try await real.record([delivery]) }
        guard let receipt = receipts.first else { preconditionFailure("a delivery has a receipt") }
        world.wrote("record \(delivery.webhookID)")
        world.recorded(delivery, receipt)
        try life.pass()
        return receipt
    }

    func markAtOnce(now: Timestamp) throws {
        try change { [real] in try await real.markAllRanks(in: [.working, .blocked, .needsAttention], now: now) }
        try change { try await real.mark(nil, priority: .change, now: now) }
    }

    func addAtOnce(_ override: Override, to customer: CustomerKey, now: Timestamp) throws {
        _ = try change { try await real.add(override, to: customer, now: now) }
    }

    func endAtOnce(_ id: OverrideID, now: Timestamp) throws {
        _ = try change { try await real.endOverride(id, by: "owner", because: nil, now: now) }
    }

    func approveAtOnce(now: Timestamp) throws {
        try change { try await approveAll(by: "owner", now: now) }
    }

    private func approveAll(by author: String, now: Timestamp) async throws {
        let held = try await real.heldCustomers()
        let shown = Dictionary(held.map { ($0.key, $0.fingerprint) }, uniquingKeysWith: { first, _ in first })
        _ = try await real.approveHeld(shown, by: author, now: now)
    }

    func rowsAtOnce() throws -> [CustomerRow] {
        try read { try await real.customers(CustomerQuery(limit: 100_000)) }
    }

    // MARK: Deliveries

    func record(_ deliveries: [NewDelivery]) async throws -> [Receipt] {
        try write("record") { try await real.record(deliveries) }
    }

    func waitingDeliveries(from sources: DeliverySources, limit: Int) async throws -> [StoredDelivery] {
        try life.requireAlive()
        if world.knowsThatNothingWaits { return [] }
        let waiting = try read { try await real.waitingDeliveries(from: sources, limit: limit) }
        if waiting.isEmpty { world.noteThatNothingWaits() }
        return waiting
    }

    func fold(_ deliveries: [UnfoldedDelivery], policy: FoldPolicy, now: Timestamp) async throws -> Set<CustomerKey> {
        let folded = mutation.fold(deliveries)
        try life.pass()
        let marked = try onTheSpot { try await real.fold(folded, policy: policy, now: now) }
        world.wrote("fold")
        world.folded(deliveries)
        try life.pass()
        return marked
    }

    func replay(_ number: DeliveryNumber, policy: FoldPolicy, now: Timestamp) async throws -> Replay {
        try write("replay") { try await real.replay(number, policy: policy, now: now) }
    }

    func refold(policy: FoldPolicy, now: Timestamp) async throws {
        try write("refold") { try await real.refold(policy: policy, now: now) }
    }

    func senderSettings() async throws -> SenderSettings? {
        try read { try await real.senderSettings() }
    }

    func subscriptions(_ ids: Set<SubscriptionID>) async throws -> [SubscriptionID: KnownSubscription] {
        try read { try await real.subscriptions(ids) }
    }

    func remember(payment: String, of subscriptions: [SubscriptionID], now: Timestamp) async throws {
        try write("remember") { try await real.remember(payment: payment, of: subscriptions, now: now) }
    }

    func subscriptions(paidBy payment: String) async throws -> [SubscriptionID]? {
        try read { try await real.subscriptions(paidBy: payment) }
    }

    func takeOver(_ grants: [Grant], for customer: CustomerKey, by author: String, now: Timestamp) async throws -> Int {
        try change { try await real.takeOver(grants, for: customer, by: author, now: now) }
    }

    // MARK: Lanes

    func mark(_ customers: Set<CustomerKey>?, priority: LanePriority, now: Timestamp) async throws {
        try write("mark") { try await real.mark(customers, priority: priority, now: now) }
    }

    func markAll(in states: Set<CustomerState>, priority: LanePriority, now: Timestamp) async throws {
        try write("mark all") { try await real.markAll(in: states, priority: priority, now: now) }
    }

    func claimDue(limit: Int, atLeast urgency: LanePriority, lease: Duration, now: Timestamp) async throws -> [Claim] {
        try life.requireAlive()
        if world.knowsThatNobodyIsDue(by: now) { return [] }
        let claims = try write("claim") {
            try await real.claimDue(limit: limit, atLeast: urgency, lease: lease, now: now)
        }
        world.lanes(began: claims.count)
        return claims
    }

    func nextDue() async throws -> Timestamp? {
        try life.requireAlive()
        if let known = world.knownNextDue { return known.moment }
        let next = try read { try await real.nextDue() }
        world.noteNextDue(next)
        return next
    }

    func file(of customer: CustomerKey) async throws -> CustomerFile? {
        let file = try read { try await real.file(of: customer) }
        world.looked(at: customer)
        return file.map(mutation.file)
    }

    func write(_ step: LaneWrite, under claim: Claim, now: Timestamp) async throws -> [PanelOperation] {
        let written = mutation.write(step)
        return try write("write \(claim.customer)") { try await real.write(written, under: claim, now: now) }
    }

    func extend(_ claim: Claim, lease: Duration, now: Timestamp) async throws {
        try write("extend") { try await real.extend(claim, lease: lease, now: now) }
    }

    func finish(_ claim: Claim, _ outcome: LaneOutcome, now: Timestamp) async throws {
        try write("finish \(claim.customer) \(outcome.state.rawValue)") {
            try await real.finish(claim, outcome, now: now)
        }
        world.lanes(ended: 1)
        if mutation.approvesEverything, outcome.heldFingerprint != nil {
            try change { try await approveAll(by: "nobody", now: now) }
        }
    }

    func lossCensus(for customer: CustomerKey, noticedAt: Timestamp, policy: BreakerPolicy, now: Timestamp) async throws
        -> LossCensus
    {
        try read { try await real.lossCensus(for: customer, noticedAt: noticedAt, policy: policy, now: now) }
    }

    func release(_ claim: Claim, now: Timestamp) async throws {
        try write("release") { try await real.release(claim, now: now) }
        world.lanes(ended: 1)
    }

    func releaseAllLanes(now: Timestamp) async throws {
        try write("release all") { try await real.releaseAllLanes(now: now) }
    }

    // MARK: Panels

    func pin(_ value: String, as name: String) async throws -> PinCheck {
        try write("pin") { try await real.pin(value, as: name) }
    }

    func repin(_ value: String, as name: String) async throws {
        try write("repin") { try await real.repin(value, as: name) }
    }

    func pinned(_ name: String) async throws -> String? {
        try read { try await real.pinned(name) }
    }

    func servers(on panel: PanelName) async throws -> [PanelServer] {
        let servers = try read { try await real.servers(on: panel) }
        world.listed(servers)
        return servers
    }

    func replaceServers(on panel: PanelName, with servers: [PanelServer], now: Timestamp) async throws {
        try write("servers") { try await real.replaceServers(on: panel, with: servers, now: now) }
        world.listed(servers)
    }

    func linkedAccounts(on panel: PanelName) async throws -> [Int: LinkedAccount] {
        try read { try await real.linkedAccounts(on: panel) }
    }

    func grants(on server: PanelServerID) async throws -> [Int: Grant] {
        try read { try await real.grants(on: server) }
    }

    func owners(of accounts: Set<Int>, on panel: PanelName) async throws -> [Int: CustomerKey] {
        try read { try await real.owners(of: accounts, on: panel) }
    }

    func dedicatedServers(on panel: PanelName) async throws -> [Int: OwnedServer] {
        try read { try await real.dedicatedServers(on: panel) }
    }

    // MARK: People

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

    // MARK: Reading

    func summary() async throws -> LedgerSummary {
        try read { try await real.summary() }
    }

    func customers(_ query: CustomerQuery) async throws -> [CustomerRow] {
        try read { try await real.customers(query) }
    }

    func heldCustomers() async throws -> [HeldCustomer] {
        try read { try await real.heldCustomers() }
    }

    func deliveriesByHour(since: Timestamp) async throws -> [Timestamp: Int] {
        try read { try await real.deliveriesByHour(since: since) }
    }

    func customersDue(after now: Timestamp, beyond mark: DueMark?, limit: Int) async throws -> [CustomerRow] {
        try read { try await real.customersDue(after: now, beyond: mark, limit: limit) }
    }

    func customers(concernedBy delivery: DeliveryNumber) async throws -> Set<CustomerKey> {
        try read { try await real.customers(concernedBy: delivery) }
    }

    func customer(matching text: String) async throws -> CustomerRow? {
        try read { try await real.customer(matching: text) }
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

    func overrides(of customer: CustomerKey?, inForceAt now: Timestamp?, before mark: OverrideMark?, limit: Int)
        async throws -> [(CustomerKey, Override)]
    {
        try read { try await real.overrides(of: customer, inForceAt: now, before: mark, limit: limit) }
    }

    func history(of customer: CustomerKey, before mark: HistoryMark?, limit: Int) async throws -> [HistoryEntry] {
        try read { try await real.history(of: customer, before: mark, limit: limit) }
    }

    func actions(before number: Int64?, limit: Int) async throws -> [StoredAction] {
        try read { try await real.actions(before: number, limit: limit) }
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
        try read { try await real.billingHeardAt() }
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

    func regrant(_ target: RankTargetID, by author: String, now: Timestamp) async throws -> Int {
        try change { try await real.regrant(target, by: author, now: now) }
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
