private struct CommandBody: Encodable {
    var command: String
}

private struct PowerBody: Encodable {
    var signal: PowerSignal
}

private struct ConsoleBody: Decodable {
    var data: ConsoleAccess
}

private struct OneClientServer: Decodable {
    struct Meta: Decodable {
        var user_permissions: TextList?
    }

    var attributes: ClientServer
    var meta: Meta?
}

extension PterodactylPanel {
    /// The account that the client key belongs to.
    public func ownAccount() async throws -> OwnAccount {
        try await item(OwnAccount.self, of: .client(.get, "account"))
    }

    /// Every permission that this panel knows.
    public func permissions() async throws -> PermissionCatalogue {
        try await item(PermissionCatalogue.self, of: .client(.get, "permissions"))
    }

    /// One page of the servers that the owner of the client key sees; a page holds 100 at most.
    public func clientServersPage(
        _ page: Int,
        perPage: Int = 100,
        scope: ClientServerScope
    ) async throws -> Page<ClientServer> {
        let call = Call.client(.get, "")
        let scoped = scope == .accessible ? call : call.with("type", scope.rawValue)
        return try await self.page(of: ClientServer.self, page, perPage: perPage, scoped)
    }

    /// One server as the owner of the client key sees it, with what they may do there, or nil if the panel itself says that there is none.
    ///
    /// It answers also while the server is suspended or being installed.
    public func clientServer(_ server: ServerIdentifier) async throws -> ClientServer? {
        do {
            return try await visibleServer(server)
        } catch let error as PanelError where error.kind == .notFound {
            return nil
        }
    }

    /// The same of a server that is known to be there.
    ///
    /// - Throws: ``PanelError/Kind/notFound`` if the owner of the client key does not see it.
    public func visibleServer(_ server: ServerIdentifier) async throws -> ClientServer {
        let call = Call.client(.get, "servers/\(Call.segment(server.text))")
        let answer = try await value(OneClientServer.self, of: call)
        var found = answer.attributes
        found.permissions = answer.meta?.user_permissions.map { Set($0.texts) }
        return found
    }

    /// Hands one line to a server's console, byte for byte; that it was taken does not say that it did anything.
    public func sendCommand(_ command: String, server: ServerIdentifier) async throws {
        try await done(.client(.post, path(server, "command")).sending(CommandBody(command: command)))
    }

    /// Starts, stops, restarts or kills a server's process.
    public func sendPower(_ signal: PowerSignal, server: ServerIdentifier) async throws {
        try await done(.client(.post, path(server, "power")).sending(PowerBody(signal: signal)))
    }

    /// What a server's process is doing now.
    public func resources(server: ServerIdentifier) async throws -> ServerResources {
        try await item(ServerResources.self, of: .client(.get, path(server, "resources")))
    }

    /// Where a server's console can be read by the owner of the client key.
    public func console(server: ServerIdentifier) async throws -> ConsoleAccess {
        try await value(ConsoleBody.self, of: .client(.get, path(server, "websocket"))).data
    }
}
