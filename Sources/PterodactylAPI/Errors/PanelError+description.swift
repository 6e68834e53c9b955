extension PanelError: CustomStringConvertible {
    /// One sentence for people: what happened, to which request, and in whose words.
    public var description: String {
        var text = "\(sentence) (\(request)"
        if let status { text += ", status \(status)" }
        if let code { text += ", \(code)" }
        text += ")"
        if let detail, !saysDetail { text += ": \(detail)" }
        return text
    }

    private var saysDetail: Bool {
        if case .invalid = kind { true } else { false }
    }

    private var sentence: String {
        switch kind {
        case .unauthenticated: "the panel does not know the \(request.api.rawValue) key"
        case .keyRefused: "the panel refuses the \(request.api.rawValue) key altogether"
        case .forbidden: "the \(request.api.rawValue) key may not do this"
        case .notFound: "the panel has no such thing"
        case .noSuchRoute: "the panel has no such address; its URL or version may be wrong"
        case .invalid(let fields): "the panel does not take " + fields.map(\.sentence).joined(separator: ", ")
        case .conflict(let reason): "the panel leaves this server alone: \(reason.words)"
        case .subuserExists: "this user already is a subuser of the server"
        case .userIsServerOwner: "this user owns the server and cannot be its subuser"
        case .refused: "the panel refuses"
        case .rateLimited(let wait): "too many requests\(wait.map { ", to be tried again in \($0)" } ?? "")"
        case .serverOffline: "the server is offline and takes no commands"
        case .daemon: "the node of this server failed or could not be reached"
        case .panelFault: "the panel broke while it worked on this"
        case .maintenance: "the panel is down for maintenance"
        case .notJSON: "what answered did not answer as a panel does"
        case .redirected(let location): "the panel's address redirects\(location.map { " to \($0)" } ?? "")"
        case .unreachable: "the panel cannot be reached"
        case .noAnswer: "the panel did not answer, and may or may not have done it"
        case .bodyTooLarge: "the panel's answer is too long"
        case .undecodable: "the panel's answer is not of the expected shape"
        case .nonsense: "the panel's page counts cannot be"
        case .cancelled: "the request was given up while it was under way"
        case .overloaded: "too many requests already wait for this panel"
        }
    }
}

extension InvalidField {
    fileprivate var sentence: String { "\(field) (\(rule): \(detail))" }
}

extension PanelError.ConflictReason {
    fileprivate var words: String {
        switch self {
        case .suspended: "it is suspended"
        case .installing: "it is being installed"
        case .nodeMaintenance: "its node is under maintenance"
        case .restoringBackup: "a backup is being restored"
        case .transferring: "it is being moved to another node"
        case .other: "its state does not allow this"
        }
    }
}
