/// A mail that the panel sent.
package struct PanelMail: Sendable, Equatable {
    /// To whom.
    package var to: String
    /// The subject.
    package var subject: String
    /// The link to set a password up or to the server, where the mail has one.
    package var link: String?

    /// Describes a mail.
    package init(to: String, subject: String, link: String? = nil) {
        self.to = to
        self.subject = subject
        self.link = link
    }
}

/// A call that the panel made to a node.
package struct WingsCall: Sendable, Equatable {
    /// The method.
    package var method: String
    /// The path.
    package var path: String
    /// The status with which Wings answered.
    package var status: Int

    /// Describes a call.
    package init(method: String, path: String, status: Int) {
        self.method = method
        self.path = path
        self.status = status
    }
}

/// A line that was typed into a server's console.
package struct ConsoleCommand: Sendable, Equatable {
    /// The server.
    package var serverID: Int
    /// The line as it arrived.
    package var text: String
    /// Who sent it.
    package var userID: Int
    /// Seconds since 1970 at which it arrived.
    package var at: Int
}

/// One call of the panel, as its access log would have it.
package struct LoggedRequest: Sendable, Equatable {
    /// The method.
    package var method: String
    /// The path with its query.
    package var path: String
    /// The status that was answered, or nil where the connection was closed.
    package var status: Int?
    /// The route with names in place of ids, such as `GET /api/application/users/{user}`; nil where there is none.
    package var route: String?
    /// Whether a fault took the place of the panel's own answer.
    package var isFaulted: Bool
}

/// How a node's Wings behaves.
package enum WingsHealth: Sendable, Equatable {
    /// It answers.
    case up
    /// It cannot be reached: the panel answers 504.
    case down
    /// It answers every call with that status.
    case failing(status: Int)
}
