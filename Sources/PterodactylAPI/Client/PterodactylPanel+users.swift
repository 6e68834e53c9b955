extension PterodactylPanel {
    /// The account of this id, or nil if the panel itself says that there is none.
    public func user(id: PanelUser.ID) async throws -> PanelUser? {
        try await itemIfFound(PanelUser.self, of: .application(.get, "users/\(id)"))
    }

    /// The account of this id together with the servers that it owns, or nil if there is none.
    ///
    /// The servers are nil if the key may not see servers.
    public func userWithServers(id: PanelUser.ID) async throws -> PanelUser? {
        let call = Call.application(.get, "users/\(id)").including(["servers"])
        return try await itemIfFound(PanelUser.self, of: call)
    }

    /// The account with exactly this external id, or nil if there is none.
    ///
    /// The panel finds it in any case and without accents, and of several with one external id shows the oldest; so what it shows is
    /// compared, and ids that no path can carry are looked for in the listing.
    public func user(externalID: String) async throws -> PanelUser? {
        guard canStandInPath(externalID) else { return try await users(exactExternalID: externalID).first }
        let call = Call.application(.get, "users/external/\(Call.segment(externalID))")
        let found = try await itemIfFound(PanelUser.self, of: call)
        return found.flatMap { user in sameBytes(user.externalID ?? "", externalID) ? user : nil }
    }

    /// Every account with exactly this external id, which the panel's database does not keep unique.
    public func users(exactExternalID externalID: String) async throws -> [PanelUser] {
        try await users(where: "external_id", holds: externalID).filter { sameBytes($0.externalID ?? "", externalID) }
    }

    /// Every account with this e-mail: the same bytes but for the case of ASCII letters.
    public func users(exactEmail email: String) async throws -> [PanelUser] {
        try await users(where: "email", holds: email).filter { sameFolded($0.email, email) }
    }

    /// The account with this user name, which the panel stores in lower case, or nil if there is none.
    public func user(username: String) async throws -> PanelUser? {
        try await users(where: "username", holds: username).first { sameFolded($0.username, username) }
    }

    /// One page of all accounts, by id.
    public func usersPage(_ page: Int, perPage: Int) async throws -> Page<PanelUser> {
        let call = Call.application(.get, "users").with("sort", "id")
        return try await self.page(of: PanelUser.self, page, perPage: perPage, call)
    }

    /// Makes an account, to which the panel mails a link for setting the password.
    ///
    /// Two at once deadlock in the panel's database, so callers make one at a time.
    public func createUser(_ user: NewUser) async throws -> PanelUser {
        try await item(PanelUser.self, of: .application(.post, "users").sending(user))
    }

    /// Changes an account to what is given, as a whole.
    public func updateUser(id: PanelUser.ID, _ update: UserUpdate) async throws -> PanelUser {
        try await item(PanelUser.self, of: .application(.patch, "users/\(id)").sending(update))
    }

    /// Deletes an account; refused while it owns servers.
    public func deleteUser(id: PanelUser.ID) async throws {
        try await done(.application(.delete, "users/\(id)"))
    }

    private func users(where column: String, holds text: String) async throws -> [PanelUser] {
        guard !text.isEmpty else { return [] }
        var call = Call.application(.get, "users").with("sort", "id")
        if let value = safeFilter(for: text) { call = call.with("filter[\(column)]", value) }
        return try await all { try await page(of: PanelUser.self, $0, perPage: 100, call) }
    }

    /// Whether the web server and the panel's router hand this text on as one segment of a path.
    func canStandInPath(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.utf8.allSatisfy { isUnreserved($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") }
    }
}
