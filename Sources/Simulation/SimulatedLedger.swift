import Entitlements
import Ledger
import Oracle

/// The real ledger as one life of the process reaches it: calls take no virtual time, each may be the last, and the oracle is told.
struct SimulatedLedger: Ledger {
    let real: any Ledger
    let life: Life
    let mutation: Mutation
    let world: World

    func read<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        try life.requireAlive()
        return try onTheSpot(work)
    }

    func write<Value: Sendable>(
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
    func change<Value: Sendable>(
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

    func changeAtOnce(_ name: String, _ work: @escaping @Sendable (any Ledger) async throws -> Void) throws {
        try change(name) { [real] in try await work(real) }
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

    func records(of customers: [CustomerKey]) async throws -> [CustomerKey: CustomerRecord] {
        try read { try await real.records(of: customers) }
    }

    func write(_ step: LaneWrite, under claim: Claim, now: Timestamp) async throws -> [PanelOperation] {
        let written = mutation.write(step)
        return try write("write \(claim.customer)") { try await real.write(written, under: claim, now: now) }
    }

    func extend(_ claim: Claim, lease: Duration, now: Timestamp) async throws {
        try write("extend") { try await real.extend(claim, lease: lease, now: now) }
    }

    func finish(_ claim: Claim, _ outcome: LaneOutcome, now: Timestamp) async throws {
        try write("finish \(claim.customer) \(outcome.state.rawValue) \(outcome.reasons)") {
            try await real.finish(claim, outcome, now: now)
        }
        world.lanes(ended: 1)
        if outcome.heldFingerprint != nil, mutation.approves(outcome) {
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
        let value = try read { try await real.pinned(name) }
        guard !mutation.minds, name == "panel \(World.panelName) strangers" else { return value }
        return world.story.people.map { World.externalID(ofCustomer: $0.number) }.joined(separator: "\n")
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

    func owners(of accounts: [Int: String], on panel: PanelName) async throws -> [Int: CustomerKey] {
        try read { try await real.owners(of: accounts, on: panel) }
    }

    func dedicatedServers(on panel: PanelName) async throws -> [Int: OwnedServer] {
        try read { try await real.dedicatedServers(on: panel) }
    }
}
