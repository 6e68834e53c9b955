/// What is sent of a subuser; the panel refuses an empty set and always stores `websocket.connect`, so that this alone stands for nothing.
private struct SubuserBody: Encodable {
    var email: String?
    var permissions: [String]

    init(email: String? = nil, permissions: Set<String>) {
        self.email = email
        self.permissions = permissions.isEmpty ? ["websocket.connect"] : permissions.sorted()
    }
}

extension PterodactylPanel {
    /// All subusers of a server; one whom a race added twice stands in it twice.
    ///
    /// Refused with ``PanelError/Kind/conflict(_:)`` while the server is suspended or being installed, even to root admins.
    public func subusers(server: ServerIdentifier) async throws -> [Subuser] {
        try await list(of: Subuser.self, .client(.get, path(server, "users")))
    }

    /// The subuser of this UUID, or nil if the panel itself says that there is none, or no such server that the owner of the client key
    /// sees: it says both in the same words, and ``visibleServer(_:)`` tells them apart.
    public func subuser(server: ServerIdentifier, uuid: PanelUUID) async throws -> Subuser? {
        try await itemIfFound(Subuser.self, of: .client(.get, path(server, uuid)))
    }

    /// Gives somebody permissions on a server; permissions that the panel does not know are dropped by it without a word.
    ///
    /// If nobody has this e-mail (any more), the panel makes an account for it: compare the UUID that comes back. Two at once of the same
    /// make two rows.
    public func addSubuser(
        server: ServerIdentifier,
        email: String,
        permissions: Set<String>
    ) async throws -> Subuser {
        let body = SubuserBody(email: email, permissions: permissions)
        return try await item(Subuser.self, of: .client(.post, path(server, "users")).sending(body))
    }

    /// Sets what a subuser may do, as a whole.
    public func updateSubuser(
        server: ServerIdentifier,
        uuid: PanelUUID,
        permissions: Set<String>
    ) async throws -> Subuser {
        let body = SubuserBody(permissions: permissions)
        return try await item(Subuser.self, of: .client(.post, path(server, uuid)).sending(body))
    }

    /// Takes somebody off a server; of two rows of one user it takes one, so look again.
    public func removeSubuser(server: ServerIdentifier, uuid: PanelUUID) async throws {
        try await done(.client(.delete, path(server, uuid)))
    }

    func path(_ server: ServerIdentifier, _ rest: String) -> String {
        "servers/\(Call.segment(server.text))/\(rest)"
    }

    private func path(_ server: ServerIdentifier, _ uuid: PanelUUID) -> String {
        path(server, "users/\(Call.segment(uuid.text))")
    }
}
