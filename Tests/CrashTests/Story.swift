import Entitlements
import Observability
import PanelSimulator

/// A step in a customer's life, with what must come of it written out by hand.
enum Story: String, CaseIterable, Sendable {
    case somebodyBuys
    case anotherTierIsBought
    case somebodyLeaves
    case graceRunsOut
    case moneyComesLate
    case anAccountIsAdopted
    case theAdoptedOneLeaves
    case anAccountIsRetired

    typealias Access = [String: [String: Set<String>]]

    static let ada = "ada@example.test"
    /// Has an account on the panel, and permissions that people gave her by hand.
    static let grace = "grace@example.test"

    static var world: PanelWorld {
        var world = PanelWorld.servers(["Frost Path I", "Frost Path II", "Creative Plots", "Staff Only"])
        let grace = world.addUser("grace", email: grace)
        world.addSubuser(user: grace, server: 1, permissions: ["file.update", "websocket.connect"])
        world.addSubuser(user: grace, server: 4, permissions: ["control.start", "websocket.connect"])
        world.applicationLimit = nil
        world.clientLimit = nil
        return world
    }

    /// What was said before the change at which the service dies, each with the access that followed.
    func before() throws -> [(Message, Access)] {
        switch self {
        case .somebodyBuys, .anAccountIsAdopted: []
        case .anotherTierIsBought, .somebodyLeaves, .graceRunsOut, .anAccountIsRetired:
            [(try .bought("knight", 77, Self.ada), Self.knight)]
        case .moneyComesLate:
            [
                (try .bought("knight", 77, Self.ada), Self.knight),
                (try Message(.paymentFailed, 77, revision: 2), Self.handMade),
            ]
        case .theAdoptedOneLeaves: [(try .bought("knight", 88, Self.grace), Self.adopted)]
        }
    }

    func change() throws -> Message {
        switch self {
        case .somebodyBuys: try .bought("knight", 77, Self.ada)
        case .anotherTierIsBought: try .changed(to: "awakened", 77, revision: 2)
        case .somebodyLeaves, .anAccountIsRetired: try Message(.cancelled, 77, revision: 2)
        case .graceRunsOut: try Message(.paymentFailed, 77, revision: 2)
        case .moneyComesLate: try Message(.paymentSucceeded, 77, revision: 3)
        case .anAccountIsAdopted: try .bought("knight", 88, Self.grace)
        case .theAdoptedOneLeaves: try Message(.cancelled, 88, revision: 2)
        }
    }

    private static let handMade: Access = [
        "Frost Path I": [grace: ["file.update", "websocket.connect"]],
        "Staff Only": [grace: ["control.start", "websocket.connect"]],
    ]

    private static let knight: Access = [
        "Frost Path I": [
            grace: ["file.update", "websocket.connect"], ada: ["control.console", "websocket.connect"],
        ],
        "Frost Path II": [ada: ["control.console", "websocket.connect"]],
        "Creative Plots": [ada: ["file.read", "websocket.connect"]],
        "Staff Only": [grace: ["control.start", "websocket.connect"]],
    ]

    private static let awakened: Access = [
        "Frost Path I": [grace: ["file.update", "websocket.connect"], ada: ["websocket.connect"]],
        "Frost Path II": [ada: ["websocket.connect"]],
        "Staff Only": [grace: ["control.start", "websocket.connect"]],
    ]

    private static let adopted: Access = [
        "Frost Path I": [grace: ["file.update", "control.console", "websocket.connect"]],
        "Frost Path II": [grace: ["control.console", "websocket.connect"]],
        "Creative Plots": [grace: ["file.read", "websocket.connect"]],
        "Staff Only": [grace: ["control.start", "websocket.connect"]],
    ]

    var accessAfter: Access {
        switch self {
        case .somebodyBuys, .moneyComesLate: Self.knight
        case .anotherTierIsBought: Self.awakened
        case .somebodyLeaves, .graceRunsOut, .theAdoptedOneLeaves, .anAccountIsRetired: Self.handMade
        case .anAccountIsAdopted: Self.adopted
        }
    }

    var expectation: Expectation {
        func ada(added: Int, removed: Int, deliveries: Int, remains: Bool = true) -> Expectation {
            Expectation(
                accounts: remains ? [Self.ada, Self.grace] : [Self.grace],
                created: [Self.ada],
                added: added,
                removed: removed,
                deliveries: Set((1...deliveries).map { "message-77-\($0)" })
            )
        }
        func grace(removed: Int, deliveries: Int) -> Expectation {
            Expectation(
                accounts: [Self.grace],
                created: [],
                added: 2,
                removed: removed,
                deliveries: Set((1...deliveries).map { "message-88-\($0)" })
            )
        }
        return switch self {
        case .somebodyBuys: ada(added: 3, removed: 0, deliveries: 1)
        case .anotherTierIsBought: ada(added: 3, removed: 1, deliveries: 2)
        case .somebodyLeaves, .graceRunsOut: ada(added: 3, removed: 3, deliveries: 2)
        case .anAccountIsRetired: ada(added: 3, removed: 3, deliveries: 2, remains: false)
        case .moneyComesLate: ada(added: 6, removed: 3, deliveries: 3)
        case .anAccountIsAdopted: grace(removed: 0, deliveries: 1)
        case .theAdoptedOneLeaves: grace(removed: 2, deliveries: 2)
        }
    }

    /// How long an account outlives its last access.
    var accountRetentionMilliseconds: Int? { self == .anAccountIsRetired ? 200 : nil }

    /// Whether the change is one of the panel's accounts too.
    var changesAccount: Bool {
        switch self {
        case .somebodyBuys, .anAccountIsAdopted, .anAccountIsRetired: true
        case .anotherTierIsBought, .somebodyLeaves, .graceRunsOut, .moneyComesLate, .theAdoptedOneLeaves: false
        }
    }
}
