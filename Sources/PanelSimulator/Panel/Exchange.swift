/// A request that has begun: what it has read is fixed, what it writes is not written yet.
///
/// The time between beginning and committing is where the panel's races live.
package struct Exchange: Sendable {
    /// Where it stands.
    enum Stage: Sendable {
        /// Refused already.
        case finished(PanelResponse)
        /// The rest is done when it commits.
        case open(Call, PendingWrite)
    }

    var id: Int
    var request: PanelRequest
    var route: Route?
    var limitHeaders: [(name: String, value: String)]
    var stage: Stage
}

/// What an open exchange has still to do.
enum PendingWrite: Sendable {
    /// Everything: it reads and writes when it commits.
    case everything
    /// Create an account that has passed validation.
    case createUser(PanelUser, hasPassword: Bool)
    /// Create a server that has passed validation and has chosen its allocation.
    case createServer(PanelServer, extra: [Int], startsWhenInstalled: Bool)
    /// Let a user on who was found, or make an account where none was (nil).
    case createSubuser(serverID: Int, userID: Int?, email: String, PermissionList)
    /// Remove the row that was found.
    case deleteSubuser(PanelSubuser, server: PanelServer, user: PanelUser)
}
