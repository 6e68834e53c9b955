import Entitlements
import Ledger
import Provisioning

/// A server of a customer's own as the API shows it.
struct DedicatedView: Encodable {
    var customer: String
    var subscription: String
    var panel: String
    var number: Int
    var externalId: String?
    var tier: String
    /// The panel's id; `nil` while there is none.
    var server: Int?
    var uuid: String?
    var name: String
    /// `wanted`, `let_go`, `asked`, `importing`, `leaving`, `running`, `installing`, `suspended`, `suspended_by_hand` or `unread`.
    var state: String
    /// The panel's user id.
    var owner: Int?
    var limits: Limits?
    var suspendedAt: String?
    var endedAt: String?
    var deletionWaitsSince: String?
    var deletionConfirmedBy: String?
    /// All of it in words.
    var sentence: String

    struct Limits: Encodable {
        var memory: Int
        var swap: Int
        var disk: Int
        var io: Int
        var cpu: Int
        var threads: String?
        var databases: Int
        var backups: Int
        var allocations: Int
    }

    init(_ server: DedicatedServer, of customer: CustomerKey) {
        self.customer = customer.description
        subscription = server.slot.subscription.rawValue
        panel = server.slot.panel.rawValue
        number = server.slot.number
        externalId = server.externalID
        tier = server.reason.tier.rawValue
        self.server = server.identity?.number
        uuid = server.identity?.uuid
        name = server.name
        owner = server.observed?.owner
        limits = server.observed.map(Limits.init)
        suspendedAt = server.suspendedAt?.iso8601
        endedAt = server.endedAt?.iso8601
        deletionWaitsSince = server.deletionWaitsSince?.iso8601
        deletionConfirmedBy = server.deletionConfirmedBy
        state = server.stateWord
        sentence =
            "Server \(server.name) of subscription \(server.slot.subscription) (tier \(server.reason.tier)) \(server.stateSentence)."
    }

    /// One that the customer should have and that nobody has asked for yet.
    private init(wanted slot: DedicatedSlot, _ wish: DedicatedWish, of customer: CustomerKey) {
        self.customer = customer.description
        subscription = slot.subscription.rawValue
        panel = slot.panel.rawValue
        number = slot.number
        tier = wish.reason.tier.rawValue
        name = wish.request?.name ?? "a server"
        state = "wanted"
        sentence =
            "Server \(name) of subscription \(slot.subscription) (tier \(tier)) is to be made on panel \(slot.panel)."
    }

    /// One that the subscription would give, had not a person let go of what was there.
    private init(letGo slot: DedicatedSlot, _ wish: DedicatedWish, of customer: CustomerKey) {
        self.init(wanted: slot, wish, of: customer)
        state = "let_go"
        sentence =
            """
            A person let go of the server of subscription \(slot.subscription) on panel \(slot.panel), and none is made in its place until a \
            person says so.
            """
    }

    /// What there is and what should be, by slot.
    static func all(file: CustomerFile, decision: Decision, world: WorldView) -> [DedicatedView] {
        let wishes = desiredDedicated(of: decision, customer: file.record, catalog: world.rules.catalog)
        let present = Set(file.dedicated.map(\.slot))
        let wanted = wishes.filter { !present.contains($0.key) }.sorted { $0.key < $1.key }
        return file.dedicated.map { DedicatedView($0, of: file.record.key) }
            + wanted.map { slot, wish in
                file.dedicatedLeft.contains(slot)
                    ? DedicatedView(letGo: slot, wish, of: file.record.key)
                    : DedicatedView(wanted: slot, wish, of: file.record.key)
            }
    }
}

extension DedicatedView.Limits {
    fileprivate init(_ server: DedicatedSighting) {
        self.init(
            memory: server.limits.memory,
            swap: server.limits.swap,
            disk: server.limits.disk,
            io: server.limits.io,
            cpu: server.limits.cpu,
            threads: server.limits.threads,
            databases: server.features.databases,
            backups: server.features.backups,
            allocations: server.features.allocations
        )
    }
}

extension DedicatedServer {
    fileprivate var stateWord: String {
        switch origin {
        case .asked: return "asked"
        case .adopting: return "importing"
        case .leaving: return "leaving"
        case .known: break
        }
        guard let observed else { return "unread" }
        if observed.isSuspended { return suspendedAt == nil ? "suspended_by_hand" : "suspended" }
        return observed.activity == .none ? "running" : observed.activity.rawValue
    }

    fileprivate var stateSentence: String {
        switch origin {
        case .asked(let creation): return "was asked for at \(creation.askedAt.iso8601); what came of it is looked for"
        case .adopting(let identity, _): return "is to be the panel's server \(identity.number), as a person said"
        case .leaving(let identity):
            return "is the panel's server \(identity.number), which a person let go of; our external id is taken off it"
        case .known(let identity): return "is the panel's server \(identity.number)\(lifeWords)"
        }
    }

    private var lifeWords: String {
        guard let observed else { return ", which is read again" }
        var words = observed.activity == .none ? "" : ", which is \(observed.activity.rawValue)"
        if let suspendedAt { words += ", suspended by us since \(suspendedAt.iso8601)" }
        if suspendedAt == nil, observed.isSuspended { words += ", suspended by hand" }
        if observed.owner != owner { words += ", given to user \(observed.owner) by hand" }
        if let endedAt { words += ", whose time ended at \(endedAt.iso8601)" }
        if let waits = deletionWaitsSince {
            words +=
                deletionConfirmedBy.map { ", and is deleted, as \($0) said" }
                ?? ", and waits since \(waits.iso8601) for a person's word to be deleted"
        }
        return words
    }
}
