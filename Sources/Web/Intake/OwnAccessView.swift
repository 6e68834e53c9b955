import Entitlements
import Ledger
import Provisioning

/// What customers may see of their own access, on the pages of the billing system.
///
/// Words of closed sets only. The reasons that operators see may name other customers, people and machines; none of them is in here.
struct OwnAccessView: Encodable {
    /// Where all of it stands.
    enum State: String, Encodable {
        /// Nothing is due to this customer.
        case nothing
        case ready
        /// It is being done.
        case underway
        /// It goes on by itself.
        case waiting
        case needsPerson = "needs_person"
    }

    /// Why it waits.
    enum Cause: String, Encodable {
        case barred
        case panelAway = "panel_away"
        case paused
        /// A rank in game is due, and no name that a player can have was given.
        case playerName = "player_name"
    }

    struct Subscription: Encodable {
        var id: String
        var tier: String?
        var status: String
        var givesAccess: Bool
        var paidThrough: String?
        /// When access ends, or ended.
        var until: String?
    }

    struct Place: Encodable {
        enum State: String, Encodable {
            case given, underway, ending
        }

        var name: String
        var state: State
    }

    struct Rank: Encodable {
        var place: String
        var player: String
        var isSent: Bool
    }

    struct Account: Encodable {
        var panel: String
        var address: String?
        var username: String
        /// In full only where the customer is known by the same one.
        var email: String
    }

    var customerId: String
    var state: State
    var because: Cause?
    var since: String
    var subscriptions: [Subscription]
    var servers: [Place]
    var ranks: [Rank]
    var ownServers: [Place]
    var accounts: [Account]

    init(
        _ row: CustomerRow,
        file: CustomerFile,
        decision: Decision,
        world: WorldView,
        standstills: Standstills,
        addresses: [PanelName: String]
    ) {
        let map = RankMap(catalog: world.rules.catalog, inventories: world.inventories)
        let ranksDue = wantedRanks(
            of: decision,
            customer: file.record,
            catalog: world.rules.catalog,
            naming: world.rules.naming,
            map: map
        )
        customerId = if case .id(let id) = row.key { id } else { "" }
        since = row.stateSince.iso8601
        subscriptions = file.record.subscriptions.map {
            Subscription($0, standing: decision.standings[$0.id], world: world)
        }
        servers = AccessView.all(file: file, decision: decision, world: world).compactMap(Place.init)
        ownServers = DedicatedView.all(file: file, decision: decision, world: world).map(Place.init)
        ranks = file.ranks.filter { !$0.share.perks.isEmpty }.map { Rank($0, world: world) }
        accounts = file.links.sorted { $0.key < $1.key }.map { panel, link in
            Account(panel: panel, link, knownBy: row.email, address: addresses[panel])
        }
        let isDue = !decision.entitlements.isEmpty || !servers.isEmpty || !ownServers.isEmpty
        (state, because) =
            switch row.state {
            case _ where decision.isBanned: (.needsPerson, .barred)
            case .converged: (isDue ? .ready : .nothing, nil)
            case .working: (.underway, nil)
            case .needsAttention: (.needsPerson, nil)
            case .blocked where standstills.isPaused || decision.hold != nil: (.waiting, .paused)
            case .blocked where standstills.hasPanelAway: (.waiting, .panelAway)
            case .blocked where !ranksDue.nameless.isEmpty: (.waiting, .playerName)
            case .blocked: (.waiting, nil)
            }
    }
}

/// What keeps everybody waiting.
struct Standstills {
    var isPaused: Bool
    var hasPanelAway: Bool

    init(_ api: AdminAPI) {
        isPaused = api.rules.isPaused || api.rules.standby != nil || api.rules.rules.mode == .observe
        hasPanelAway = api.panels.values.contains { $0.inventory == nil || $0.circuit.reason != nil }
    }
}

extension OwnAccessView.Subscription {
    fileprivate init(_ subscription: Subscription, standing: Standing?, world: WorldView) {
        id = subscription.id.rawValue
        tier = world.rules.catalog.tier(product: subscription.product, named: subscription.tierHint)?.id.rawValue
        status = standing?.word ?? "unknown"
        givesAccess = standing?.givesAccess ?? false
        paidThrough = subscription.paidThrough.date?.iso8601
        let end: Timestamp? =
            switch standing {
            case .cancelling(let end), .pastDue(_, let end, _), .suspended(_, let end, _), .ended(_, let end, _),
                .lapsed(let end):
                end
            case .pending, .active, .unheard, nil: nil
            }
        until = end?.iso8601
    }
}

extension OwnAccessView.Place {
    fileprivate init?(_ access: AccessView) {
        name = access.name
        if access.hasEverything || (!access.desired.isEmpty && Set(access.desired).isSubset(of: access.granted)) {
            state = .given
        } else if !access.desired.isEmpty {
            state = .underway
        } else if !access.granted.isEmpty {
            state = .ending
        } else {
            return nil
        }
    }

    fileprivate init(_ server: DedicatedView) {
        name = server.name
        state =
            switch server.state {
            case "running": .given
            case "suspended", "suspended_by_hand": .ending
            default: .underway
            }
    }
}

extension OwnAccessView.Rank {
    fileprivate init(_ rank: CustomerRank, world: WorldView) {
        place = world.targetName(rank.share.target)
        player = rank.share.player.text
        isSent = rank.standing?.state == .converged
    }
}

extension OwnAccessView.Account {
    fileprivate init(panel: PanelName, _ link: AccountLink, knownBy known: String?, address: String?) {
        self.panel = panel.rawValue
        self.address = address
        username = link.account.username
        let isSame = known.map { asciiFolded($0) == asciiFolded(link.account.email) } ?? false
        email = isSame ? link.account.email : Self.masked(link.account.email)
    }

    /// `a***@example.com`: enough to recognise one's own address by.
    private static func masked(_ email: String) -> String {
        let parts = email.split(separator: "@", maxSplits: 1)
        guard parts.count == 2, let first = parts[0].first else { return "***" }
        return "\(first)***@\(parts[1])"
    }
}
