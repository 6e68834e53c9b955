import Foundation
import Ledger
import Oracle
import PanelSimulator
import PterodactylAPI

/// Ledgers and panels that are not the ones that were.
extension World {
    /// What the ledger holds, as far as the world and its oracle go by it.
    struct Memory: Sendable {
        fileprivate var oracle: Oracle
        fileprivate var arrivals: [String: Moment]
        fileprivate var acknowledged: Set<String>
        fileprivate var takenIn: Set<String>
        fileprivate var deliveryIDs: [DeliveryNumber: String]
        fileprivate var players: [Int: HeardPlayer]
        fileprivate var users: Set<Int>
        var decrees: Set<Int>
    }

    func remember(_ decrees: Set<Int>) -> Memory {
        let users = Set(panel.users.map(\.id))
        return with { state in
            Memory(
                oracle: state.oracle,
                arrivals: state.arrivals,
                acknowledged: state.acknowledged,
                takenIn: state.takenIn,
                deliveryIDs: state.deliveryIDs,
                players: state.players,
                users: users,
                decrees: decrees
            )
        }
    }

    /// The ledger is what it was then.
    func goBack(to memory: Memory, saysSo: Bool) {
        let now = time.now
        let users = Dictionary(panel.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let shared = panel.subusers.map { (Seat(user: $0.userID, server: $0.serverID), Set($0.permissions.values)) }
        let own = ownServers.values.flatMap(\.self).compactMap { server in server.use.map { (server.seat, $0) } }
        let rows = (shared + own).compactMap { seat, permissions in
            users[seat.user].map { (seat: seat, account: Self.account($0), permissions: permissions) }
        }
        let ranks = story.people.map(\.number).reduce(into: [Int: [Int: Set<String>]]()) { ranks, number in
            for server in panel.servers {
                ranks[number, default: [:]][server.id] = Set(groups(of: number, on: server.id).keys)
            }
        }
        with { state in
            state.arrivals = memory.arrivals
            state.acknowledged = memory.acknowledged
            state.takenIn = memory.takenIn
            state.deliveryIDs = memory.deliveryIDs
            state.players = memory.players
            state.polls = Polls()
            state.oracle.ledgerWasRestored(
                to: memory.oracle,
                saysSo: saysSo,
                rows: rows,
                ranks: ranks,
                since: Set(users.keys).subtracting(memory.users),
                at: now
            )
        }
    }

    // MARK: The panel

    /// The panel becomes another, or itself again: what it shows now nobody of ours made.
    func replacePanel(_ change: () -> Void) {
        let before = panel.users
        change()
        let after = Dictionary(panel.users.map { ($0.id, $0.uuid) }, uniquingKeysWith: { first, _ in first })
        let gone = before.filter { after[$0.id] != $0.uuid }
        let owners = story.people.map(\.number).filter { number in
            gone.contains { $0.externalID == Self.externalID(ofCustomer: number) }
        }
        with { state in
            state.oracle.accountsAreGone(Set(gone.map(\.id)), of: Set(owners))
            state.known = state.known.filter { row in !gone.contains { $0.id == row.key.user } }
        }
        acceptRows {}
        let (accounts, servers) = (panel.users, ownServers.compactMapValues(\.first))
        acceptOwnServers(servers)
        with { state in
            state.knownAccounts = Dictionary(
                accounts.map { ($0.id, Self.account($0)) },
                uniquingKeysWith: { first, _ in first }
            )
            state.knownServers = servers
        }
    }

    /// What becomes of the use of servers of people's own is nothing that the engine does.
    private func acceptOwnServers(_ servers: [Int: OwnServer]) {
        let users = Dictionary(panel.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        with { state in
            for subscription in Set(state.knownServers.keys).union(servers.keys).sorted() {
                let (old, new) = (state.knownServers[subscription], servers[subscription])
                guard old != new, let seat = (new ?? old)?.seat, let user = users[seat.user] else { continue }
                let before = old?.seat == seat ? old?.use : nil
                state.oracle.changedByHand(seat, of: Self.account(user), from: before, to: new?.use)
            }
        }
    }

    /// These accounts of ours were gone for a while, so the engine may have forgotten that it made them.
    func forget(_ users: Set<Int>) {
        with { $0.oracle.forget(users, with: $0.known) }
    }

    var answering: SimulatedPanel {
        with { $0.isMisdirected } ? otherPanel ?? panel : panel
    }

    /// Whatever is there was there before, and nothing of it is ours.
    func judgeOtherPanel() {
        guard let otherPanel else { return }
        let now = time.now
        let world = story.otherWorld
        let users = Dictionary(otherPanel.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let isUntouched =
            world.users.allSatisfy { users[$0.id] == $0 }
            && world.subusers.allSatisfy {
                otherPanel.permissions(ofUser: $0.userID, onServer: $0.serverID) == Set($0.permissions.values)
            }
            && otherPanel.subusers.count == world.subusers.count
        if !isUntouched {
            with { $0.oracle.fail(.strangersAreLeftAlone, at: now, "somebody else's panel was changed") }
        }
    }

    /// The engine got a list: what it shows it knows from then on.
    func wasRead(_ request: PterodactylAPI.PanelRequest) {
        let now = time.now
        if request.target.hasPrefix("/api/application/users?"), !request.target.contains("filter") {
            let accounts = answering.users.map(Self.account)
            let ours = Set(panel.users.filter { $0.externalID?.hasPrefix("paydactyl:") ?? false }.map(\.id))
            let isSeenToBeAnother = accounts.contains { ours.contains($0.user) }
            with { state in
                if state.hasReusedIDs || state.isMisdirected && isSeenToBeAnother {
                    state.mustShunSince = state.mustShunSince ?? now + .minutes(10)
                }
                if !state.isMisdirected { state.oracle.read(accounts, at: now) }
            }
        } else if request.target.hasPrefix("/api/application/servers?") {
            with { state in
                if state.isMisdirected { state.mustShunSince = state.mustShunSince ?? now + .minutes(10) }
            }
        }
    }
}

extension World.State {
    /// Judges that nothing is changed where the engine has to know that it must not.
    mutating func judgeWaiting(_ request: PterodactylAPI.PanelRequest, at moment: Moment) {
        guard request.method.isWrite else { return }
        let what = "\(request.method.rawValue) \(request.target) was sent"
        if oracle.mustWait(at: moment) { oracle.fail(.olderLedgerWaits, at: moment, what) }
        if let since = mustShunSince, since <= moment { oracle.fail(.strangersAreLeftAlone, at: moment, what) }
    }
}

extension SimulatedPanel {
    /// Somebody else's, which has nothing to do with a story.
    convenience init(otherThan story: Story, time: VirtualTime) {
        self.init(
            story.otherWorld,
            now: { Date(timeIntervalSince1970: Double(time.now.milliseconds) / 1000) },
            sleep: { await time.sleep($0, owner: World.panelsOwn) }
        )
    }
}

extension Story {
    /// Somebody else's panel, which happens to take the same keys.
    fileprivate var otherWorld: PanelWorld {
        var world = PanelWorld.empty(seed: seed ^ 0x0DD)
        for name in servers { world.addServer(name) }
        for number in 1...people.count + 2 {
            let user = world.addUser("other\(number)", email: "other\(number)@example.test")
            world.addSubuser(user: user, server: 1, permissions: ["control.console"])
        }
        world.logLimit = 0
        return world
    }
}
