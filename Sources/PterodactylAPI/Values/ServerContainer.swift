/// What a server runs, and with which variables.
public struct ServerContainer: Hashable, Sendable, Decodable {
    public var startupCommand: String
    public var image: String
    public var installed: Bool
    /// Its variables as text, with those that the panel itself adds (`STARTUP`, `P_SERVER_…`).
    public var environment: [String: String]

    private enum Key: String, CodingKey {
        case image, installed, environment
        case startupCommand = "startup_command"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        startupCommand = try values.decode(String.self, forKey: .startupCommand)
        image = try values.decode(String.self, forKey: .image)
        installed = try values.decodeIfPresent(Scalar.self, forKey: .installed)?.isTrue ?? false
        environment = try values.decodeIfPresent(TextTable.self, forKey: .environment)?.texts ?? [:]
    }

    /// The variables that an egg defines, as a change of the start-up sends them back.
    public var ownEnvironment: [String: String] {
        environment.filter { name, _ in name != "STARTUP" && !name.hasPrefix("P_SERVER_") }
    }
}
