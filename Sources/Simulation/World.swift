import Entitlements
import Foundation
import Ledger
import Oracle
import PanelSimulator
import Synchronization

/// What all parts of a simulation share: its time, its panel, the oracle that watches, and the trace.
final class World: Sendable {
    static let panelName: PanelName = "main"
    static let instance = "sim"

    struct State: Sendable {
        var oracle: Oracle
        var trace: Trace
        var weather = Weather.fair
        /// How far the service's clock is ahead of the true time.
        var skew = Span.zero
        /// Since when nothing has stood between the service and the panel.
        var fairSince: Moment
        var lanes = 0
        /// Requests under way, and those that go on at the panel although nobody waits for them any more.
        var requests = 0
        var lateRequests = 0
        /// Deliveries by their id, and which of them were acknowledged and taken in.
        var sent: [String: Word] = [:]
        var arrivals: [String: Moment] = [:]
        var acknowledged: Set<String> = []
        var takenIn: Set<String> = []
        var deliveryIDs: [DeliveryNumber: String] = [:]
        var leaveAlone: [PanelSide: Moment] = [:]
        var known: [Seat: Set<String>] = [:]
        var knownServers: [Int: OwnServer] = [:]
        var knownAccounts: [Int: Account] = [:]
        var players: [Int: HeardPlayer] = [:]
        var polls = Polls()
        /// Whether another panel answers at the address.
        var isMisdirected = false
        /// Whether ids that the engine knows belong to others on the panel now.
        var hasReusedIDs = false
        /// From when on the engine must have noticed that the panel is not the one that it knew.
        var mustShunSince: Moment?
    }

    /// What the last looks into the ledger found that stays true until the next write: the engine looks every minute, and weeks of such
    /// looks would take most of a simulation's time.
    struct Polls: Sendable {
        var nothingWaits = false
        var nextDue: NextDue?
        var nextRankDue: NextDue?
        var rankCounts: [RankTargetID: RankCount]?
    }

    struct NextDue: Sendable {
        var moment: Timestamp?
    }

    enum PanelSide: Hashable, Sendable { case application, client }

    let time: VirtualTime
    let panel: SimulatedPanel
    /// The one that answers while the address is wrong; `nil` if it never is.
    let otherPanel: SimulatedPanel?
    let story: Story
    private let state: Mutex<State>

    init(_ story: Story, time: VirtualTime, keepsTrace: Bool) {
        self.time = time
        self.story = story
        panel = SimulatedPanel(
            story.panelWorld,
            now: { Date(timeIntervalSince1970: Double(time.now.milliseconds) / 1000) },
            sleep: { await time.sleep($0, owner: -1) }
        )
        otherPanel = story.blows.contains(.misdirect) ? SimulatedPanel(otherThan: story, time: time) : nil
        let customers = story.people.map {
            Oracle.Customer(
                number: $0.number,
                email: $0.email,
                laterEmails: Set($0.laterEmails.map { $0.email.lowercased() }),
                externalID: Self.externalID(ofCustomer: $0.number),
                subscriptions: $0.subscriptions
            )
        }
        var oracle = Oracle(rules: story.rules, customers: customers, offer: story.offer, at: story.start)
        oracle.found(panel.users.map(\.id))
        var state = State(oracle: oracle, trace: Trace(keepsLines: keepsTrace), fairSince: story.start)
        for user in panel.users { state.knownAccounts[user.id] = Self.account(user) }
        for row in panel.subusers {
            state.known[Seat(user: row.userID, server: row.serverID)] = Set(row.permissions.values)
        }
        self.state = Mutex(state)
    }

    static func externalID(ofCustomer number: Int) -> String { "paydactyl:\(instance):\(customerID(number))" }

    static func customerID(_ number: Int) -> String { "c\(number)" }

    static func number(of key: CustomerKey) -> Int? {
        switch key {
        case .id(let id): Int(id.dropFirst())
        case .email: nil
        }
    }

    func with<Value: Sendable>(_ change: (inout State) -> Value) -> Value {
        state.withLock { change(&$0) }
    }

    /// What the service takes for the time.
    var clock: Moment { time.now + with { $0.skew } }

    func note(_ line: String) {
        let now = time.now
        state.withLock { $0.trace.add(line, at: now) }
    }

    // MARK: What the engine does with the ledger

    func wrote(_ name: String) {
        let now = time.now
        state.withLock { state in
            state.polls = Polls()
            state.trace.add("ledger \(name)", at: now)
        }
    }

    var knowsThatNothingWaits: Bool { state.withLock { $0.polls.nothingWaits } }

    func noteThatNothingWaits() {
        state.withLock { $0.polls.nothingWaits = true }
    }

    var knownNextDue: NextDue? { state.withLock { $0.polls.nextDue } }

    func noteNextDue(_ moment: Timestamp?) {
        state.withLock { $0.polls.nextDue = NextDue(moment: moment) }
    }

    func knowsThatNobodyIsDue(by now: Timestamp) -> Bool {
        knownNextDue.map { next in next.moment.map { $0 > now } ?? true } ?? false
    }

    func lanes(began count: Int) {
        state.withLock { $0.lanes += count }
    }

    func lanes(ended count: Int) {
        state.withLock { $0.lanes -= count }
    }

    func looked(at customer: CustomerKey) {
        guard let number = Self.number(of: customer) else { return }
        let now = time.now
        state.withLock { state in
            state.trace.add("look \(number)", at: now)
            state.oracle.looked(at: number, at: now)
        }
    }

    func listed(_ servers: [Entitlements.PanelServer]) {
        let now = time.now
        let shared = servers.filter { Self.subscription(ofServer: $0.externalID) == nil }
        let names = Dictionary(shared.map { ($0.id.number, $0.name) }, uniquingKeysWith: { first, _ in first })
        state.withLock { $0.oracle.listed(names, at: now) }
    }

    func recorded(_ delivery: NewDelivery, _ receipt: Receipt) {
        let now = time.now
        state.withLock { state in
            state.trace.add("record \(delivery.webhookID) \(receipt)", at: now)
            guard case .recorded(let number) = receipt else { return }
            state.oracle.wasHeard(at: now)
            state.deliveryIDs[number] = delivery.webhookID
            state.arrivals[delivery.webhookID] = now
        }
    }

    func folded(_ deliveries: [UnfoldedDelivery]) {
        let now = time.now
        state.withLock { state in
            let ids = deliveries.compactMap { state.deliveryIDs[$0.number] }.filter { !state.takenIn.contains($0) }
            state.takenIn.formUnion(ids)
            state.takeIn(ids, at: now)
            state.trace.add("fold \(ids)", at: now)
        }
    }

    // MARK: What people see on the panel

    /// Compares the accounts with what they were, and has the oracle judge what the engine made of them.
    func judgeAccounts() {
        let now = time.now
        let accounts = Dictionary(
            panel.users.map { ($0.id, Self.account($0)) },
            uniquingKeysWith: { first, _ in first }
        )
        state.withLock { state in
            for (user, before) in state.knownAccounts.sorted(by: { $0.key < $1.key }) {
                state.oracle.changed(before, to: accounts[user], at: now)
            }
            state.knownAccounts = accounts
        }
    }

    static func account(_ user: PanelUser) -> Account {
        Account(user: user.id, email: user.email, externalID: user.externalID)
    }

    /// Compares a server's rows with what they were, and has the oracle judge what the engine made of them.
    func judgeRows(ofServer server: Int) {
        let now = time.now
        let rows = Dictionary(grouping: panel.subusers(ofServer: server), by: \.userID).mapValues { rows in
            rows.reduce(into: Set<String>()) { $0.formUnion($1.permissions.values) }
        }
        let users = Dictionary(panel.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        state.withLock { state in
            let before = state.known.filter { $0.key.server == server }
            let seats = Set(before.keys).union(rows.keys.map { Seat(user: $0, server: server) }).sorted()
            for seat in seats {
                let (old, new) = (before[seat], rows[seat.user])
                guard old != new else { continue }
                state.known[seat] = new
                guard let user = users[seat.user] else { continue }
                state.oracle.wrote(seat, of: Self.account(user), from: old, to: new, at: now)
            }
        }
    }

    /// Takes what the panel shows now as made by people.
    func acceptRows(by change: () -> Void) {
        change()
        let rows = rowsBySeat
        let users = Dictionary(panel.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        state.withLock { state in
            for seat in Set(state.known.keys).union(rows.keys).sorted() {
                let (old, new) = (state.known[seat], rows[seat])
                guard old != new else { continue }
                state.known[seat] = new
                guard let user = users[seat.user] else { continue }
                state.oracle.changedByHand(seat, of: Self.account(user), from: old, to: new)
            }
        }
    }

    private var rowsBySeat: [Seat: Set<String>] {
        Dictionary(
            panel.subusers.map { (Seat(user: $0.userID, server: $0.serverID), Set($0.permissions.values)) },
            uniquingKeysWith: { $0.union($1) }
        )
    }

    /// `joined` says when each customer's player joined the servers.
    func view(shown: [Int: Shown], joined: [Int: Moment]) -> Oracle.View {
        var rows: [Seat: [Set<String>]] = [:]
        for row in panel.subusers {
            rows[Seat(user: row.userID, server: row.serverID), default: []].append(Set(row.permissions.values))
        }
        for (seat, used) in ownServers.flatMap(\.value).map({ ($0.seat, $0.isUsed) }) {
            rows[seat, default: []].append(used ? [Oracle.use] : [])
        }
        var servers = Dictionary(panel.servers.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        for subscription in story.people.flatMap(\.subscriptions) {
            servers[Oracle.ownServer(of: subscription)] = "the server of s\(subscription)"
        }
        return Oracle.View(
            accounts: panel.users.map(Self.account),
            rows: rows,
            servers: servers,
            shared: Set(panel.servers.filter { Self.subscription(ofServer: $0.externalID) == nil }.map(\.id)),
            shown: shown,
            ranks: ranks(of: joined),
            nameless: Set(story.people.map(\.number).filter(isNameless))
        )
    }
}

extension World.State {
    /// Tells the oracle what was taken in together: every word of it, and then whom the lists among them leave out.
    fileprivate mutating func takeIn(_ ids: [String], at moment: Moment) {
        var lists: [FullList] = []
        for id in ids {
            guard let word = sent[id] else { continue }
            let arrival = arrivals[id] ?? moment
            switch word {
            case .telling(let telling):
                note([telling], at: moment)
                oracle.tookIn([telling], thatCameAt: arrival, at: moment)
            case .customer(let telling): oracle.tookIn(telling, at: moment)
            case .list(let list):
                note(list.entries, at: moment)
                oracle.tookIn(list.entries, thatCameAt: arrival, at: moment)
                lists.append(list)
            }
        }
        for list in lists { oracle.tookInList(begunAt: list.at, at: moment) }
    }
}

extension Story {
    /// The panel as the story finds it.
    var panelWorld: PanelWorld {
        var world = PanelWorld.empty(freeAllocations: 200, seed: seed)
        world.installTime = .seconds(240)
        for name in servers { world.addServer(name) }
        for person in people where person.hasAccount {
            world.addUser("user\(person.number)", email: person.email)
        }
        // Somebody who has nothing to do with us, and who stays as he is.
        let bystander = world.addUser("bystander", email: "bystander@example.test")
        for server in servers.indices {
            world.addSubuser(user: bystander, server: server + 1, permissions: ["control.console"])
        }
        world.logLimit = 0
        return world
    }
}
