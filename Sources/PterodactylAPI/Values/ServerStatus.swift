/// What is under way with a server, or keeps it from running.
public enum ServerStatus: Hashable, Sendable, Codable, CustomStringConvertible {
    case installing
    case installFailed
    case reinstallFailed
    case suspended
    case restoringBackup
    /// A status that this library does not know.
    case other(String)

    public init(_ text: String) {
        self =
            switch text {
            case "installing": .installing
            case "install_failed": .installFailed
            case "reinstall_failed": .reinstallFailed
            case "suspended": .suspended
            case "restoring_backup": .restoringBackup
            default: .other(text)
            }
    }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// The panel's own word for it.
    public var description: String {
        switch self {
        case .installing: "installing"
        case .installFailed: "install_failed"
        case .reinstallFailed: "reinstall_failed"
        case .suspended: "suspended"
        case .restoringBackup: "restoring_backup"
        case .other(let text): text
        }
    }
}
