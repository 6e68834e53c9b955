extension PterodactylPanel {
    /// The server of this id, or nil if the panel itself says that there is none.
    public func server(id: Server.ID, including: Set<ServerInclude> = []) async throws -> Server? {
        let call = Call.application(.get, "servers/\(id)").including(including.map(\.rawValue))
        return try await itemIfFound(Server.self, of: call)
    }

    /// The server with exactly this external id, or nil if there is none.
    public func server(externalID: String) async throws -> Server? {
        guard canStandInPath(externalID) else { return try await serverInListing(externalID: externalID) }
        let call = Call.application(.get, "servers/external/\(Call.segment(externalID))")
        let found = try await itemIfFound(Server.self, of: call)
        return found.flatMap { server in sameBytes(server.externalID ?? "", externalID) ? server : nil }
    }

    /// One page of all servers, by id, with what is asked for beside them.
    ///
    /// A page whose answer is longer than allowed fails with ``PanelError/Kind/bodyTooLarge``, and one that the panel cannot make in time
    /// with a status of 5xx: a smaller page may do.
    public func serversPage(
        _ page: Int,
        perPage: Int,
        including: Set<ServerInclude> = []
    ) async throws -> Page<Server> {
        let call = Call.application(.get, "servers").with("sort", "id").including(including.map(\.rawValue))
        return try await self.page(of: Server.self, page, perPage: perPage, call)
    }

    /// Makes a server; its installation is only begun when this returns.
    public func createServer(_ server: NewServer) async throws -> Server {
        try await item(Server.self, of: .application(.post, "servers").sending(server))
    }

    /// Changes a server's limits and allocations to what is given, as a whole.
    public func updateBuild(id: Server.ID, _ update: BuildUpdate) async throws -> Server {
        try await item(Server.self, of: .application(.patch, "servers/\(id)/build").sending(update))
    }

    /// Changes a server's name, owner, external id and description to what is given, as a whole.
    public func updateDetails(id: Server.ID, _ update: DetailsUpdate) async throws -> Server {
        try await item(Server.self, of: .application(.patch, "servers/\(id)/details").sending(update))
    }

    /// Changes what a server runs to what is given, as a whole.
    public func updateStartup(id: Server.ID, _ update: StartupUpdate) async throws -> Server {
        try await item(Server.self, of: .application(.patch, "servers/\(id)/startup").sending(update))
    }

    /// Suspends a server for everyone on it; one that is suspended stays so.
    public func suspendServer(id: Server.ID) async throws {
        try await done(.application(.post, "servers/\(id)/suspend"))
    }

    /// Ends a server's suspension; one that is not suspended stays as it is.
    public func unsuspendServer(id: Server.ID) async throws {
        try await done(.application(.post, "servers/\(id)/unsuspend"))
    }

    /// Installs a server anew.
    public func reinstallServer(id: Server.ID) async throws {
        try await done(.application(.post, "servers/\(id)/reinstall"))
    }

    /// Deletes a server and all that is on it, with `force` even if its node cannot be reached.
    public func deleteServer(id: Server.ID, force: Bool = false) async throws {
        try await done(.application(.delete, "servers/\(id)\(force ? "/force" : "")"))
    }

    private func serverInListing(externalID: String) async throws -> Server? {
        guard !externalID.isEmpty else { return nil }
        var call = Call.application(.get, "servers").with("sort", "id")
        if let value = safeFilter(for: externalID) { call = call.with("filter[external_id]", value) }
        return try await all { try await page(of: Server.self, $0, perPage: 100, call) }
            .first { sameBytes($0.externalID ?? "", externalID) }
    }
}
