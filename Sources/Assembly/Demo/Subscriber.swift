/// One of the ten, with the product that they have at the end.
struct Subscriber: Hashable, Sendable {
    let name: String
    let customer: String
    let subscription: String
    let product: String

    var email: String { "\(name.lowercased())@example.org" }

    static let ada = Subscriber(name: "Ada", customer: "101", subscription: "1001", product: "awakened")
    static let bo = Subscriber(name: "Bo", customer: "102", subscription: "1002", product: "fire-elemental")
    static let cleo = Subscriber(name: "Cleo", customer: "103", subscription: "1003", product: "frost-elemental")
    static let dan = Subscriber(name: "Dan", customer: "104", subscription: "1004", product: "fire-knight")
    static let eve = Subscriber(name: "Eve", customer: "105", subscription: "1005", product: "frost-knight")
    static let finn = Subscriber(name: "Finn", customer: "106", subscription: "1006", product: "fire-master")
    static let gil = Subscriber(name: "Gil", customer: "107", subscription: "1007", product: "frost-master")
    static let hana = Subscriber(name: "Hana", customer: "108", subscription: "1008", product: "fire-legend")
    static let ivo = Subscriber(name: "Ivo", customer: "109", subscription: "1009", product: "frost-legend")
    static let juno = Subscriber(name: "Juno", customer: "110", subscription: "1010", product: "sovereign")

    static let all = [ada, bo, cleo, dan, eve, finn, gil, hana, ivo, juno]
}

/// The permissions of one person on the servers of the panel, by their names.
struct ShownAccess: Hashable, Sendable, CustomStringConvertible {
    var servers: [String: Set<String>] = [:]

    static let none = ShownAccess()
    /// What each tier of the sample opens, written down by hand, so that the demonstration does not believe the service about itself.
    static let awakened = ShownAccess(DemoWorld.frostPath)
    static let elemental = ShownAccess(DemoWorld.frostPath + DemoWorld.firePath)
    static let knight = elemental
    static let master = ShownAccess(DemoWorld.frostPath + DemoWorld.firePath + DemoWorld.beta)
    static let legend = elemental.adding(power, on: DemoWorld.beta)
    static let sovereign = ShownAccess(DemoWorld.serverNames)

    private static let console: Set = ["websocket.connect"]
    private static let power: Set = [
        "websocket.connect", "control.console", "control.start", "control.stop", "control.restart",
    ]

    init() {}

    private init(_ names: [String]) {
        self = Self.none.adding(Self.console, on: names)
    }

    func adding(_ permissions: Set<String>, on names: [String]) -> ShownAccess {
        var sum = self
        for name in names { sum.servers[name, default: []].formUnion(permissions) }
        return sum
    }

    var description: String {
        guard !servers.isEmpty else { return "no access" }
        let kinds = Dictionary(grouping: servers.keys.sorted()) { servers[$0] ?? [] }
        return kinds.sorted { $0.key.count < $1.key.count }.map { permissions, names in
            let place = names.count == 1 ? names[0] : "\(names.count) servers"
            return permissions == Self.console ? "console of \(place)" : "\(permissions.count) permissions on \(place)"
        }.joined(separator: ", ")
    }
}
