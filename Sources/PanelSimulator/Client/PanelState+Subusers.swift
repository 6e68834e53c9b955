extension PanelState {
    mutating func listSubusers(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try openServer(call)
        try require("user.read", call, server)
        return .json(Self.list(subusers(ofServer: server.id).compactMap(subuserObject)))
    }

    func getSubuser(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try openServer(call)
        try require("user.read", call, server)
        guard let object = subuserObject(try row(call, server: server.id)) else { throw .notFound }
        return .json(object)
    }

    /// What every change of subusers asks first: the right, not oneself, and no more than one has.
    private func authorize(_ permission: String, _ call: Call, _ server: PanelServer) throws(PanelFailure) {
        try require(permission, call, server)
        if call.parameters.count > 1, call.parameters[1].lowercased() == call.user.uuid { throw .unauthorized }
        guard call.route.method == "POST" else { return }
        if case .string = call.input["permissions"] { throw .unexpected("TypeError") }
        let held = permissions(of: call.user, on: server) ?? []
        guard !held.contains("*"), asked(call).contains(where: { !held.contains($0) }) else { return }
        throw PanelFailure(
            403,
            "HttpForbiddenException",
            "Cannot assign permissions to a subuser that your account does not actively possess."
        )
    }

    private func asked(_ call: Call) -> [String] {
        (call.input["permissions"]?.array ?? []).compactMap(\.string)
    }

    private func validatePermissions(_ call: Call, _ validation: inout Validation) {
        if (call.input["permissions"]?.array ?? []).isEmpty { validation.required("permissions") }
    }

    mutating func prepareSubuser(_ call: Call) throws(PanelFailure) -> PendingWrite {
        let server = try openServer(call)
        try authorize("user.create", call, server)
        var validation = Validation()
        let email = call.input["email"]?.string
        if call.input["email"]?.isNull ?? true {
            validation.required("email")
        } else if !Syntax.isEmail(email ?? "") {
            validation.fail("email", "email", "The email must be a valid email address.")
        }
        validatePermissions(call, &validation)
        try validation.check()
        let found = userID(email: email ?? "")
        if let found {
            if found == server.ownerID {
                throw .display(
                    "UserIsServerOwnerException",
                    "You cannot add the server owner as a subuser for this server."
                )
            }
            if subuser(user: found, server: server.id) != nil {
                throw .display(
                    "ServerSubuserExistsException",
                    "A user with that email address is already assigned as a subuser for this server."
                )
            }
        } else {
            openWrites.begin(call.exchange)
        }
        let permissions = PermissionList(asked: asked(call))
        return .createSubuser(serverID: server.id, userID: found, email: email ?? "", permissions)
    }

    mutating func createSubuser(
        server serverID: Int,
        user found: Int?,
        email: String,
        _ permissions: PermissionList,
        _ call: Call
    ) throws(PanelFailure) -> PanelResponse {
        var ghost: PanelUser?
        if found == nil {
            let isVictim = openWrites.finish(call.exchange)
            if userID(email: email) != nil { throw .unexpected("QueryException") }
            if isVictim { throw .unexpected("DeadlockException") }
            ghost = try ghostAccount(email: email)
        }
        guard let server = servers[serverID] else { throw .unexpected("QueryException") }
        if isMailDown { throw .unexpected("TransportException") }
        if let account = ghost {
            let made = add(account, at: call.now)
            mailAccountCreated(made, withLink: true)
            ghost = made
        }
        // A user who was there when the request began and is gone now leaves PHP with a null.
        guard let user = ghost ?? found.flatMap({ users[$0] }) else { throw .unexpected("TypeError") }
        let row = addRow(user: user.id, server: server.id, permissions, now: call.now)
        let link = "\(world.url)/server/\(server.identifier)"
        mails.append(PanelMail(to: user.email, subject: "Added To Server", link: link))
        guard let object = subuserObject(row) else { throw .unexpected("TypeError") }
        return .json(object)
    }

    mutating func addRow(user: Int, server: Int, _ permissions: PermissionList, now: Int) -> PanelSubuser {
        let row = PanelSubuser(
            id: nextSubuserID,
            userID: user,
            serverID: server,
            permissions: permissions,
            createdAt: now,
            updatedAt: now
        )
        insert(row)
        return row
    }

    /// The account that the panel makes for an address that it does not know.
    private mutating func ghostAccount(email: String) throws(PanelFailure) -> PanelUser {
        let local = email.prefix { $0 != "@" }.utf8.filter { Syntax.isAlphanumeric($0) || "_.-".utf8.contains($0) }
        let stem = String(decoding: local.prefix(64), as: UTF8.self)
        let username = (stem + random.word(length: 3)).lowercased()
        guard Syntax.isUsername(username) else {
            throw .unsaved("User", id: nil, field: "username", reason: UserInput.usernameRule)
        }
        return PanelUser(username: username, email: email, firstName: "Server", lastName: "Subuser")
    }

    mutating func updateSubuser(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let server = try openServer(call)
        try authorize("user.update", call, server)
        var validation = Validation()
        validatePermissions(call, &validation)
        try validation.check()
        var row = try row(call, server: server.id)
        let permissions = PermissionList(asked: asked(call))
        if permissions.values.sorted() != row.permissions.values.sorted() {
            row.permissions = permissions
            row.updatedAt = call.now
            replace(row)
            denyWebsocket(server: server)
        }
        guard let object = subuserObject(row) else { throw .notFound }
        return .json(object)
    }

    mutating func prepareSubuserRemoval(_ call: Call) throws(PanelFailure) -> PendingWrite {
        let server = try openServer(call)
        try authorize("user.delete", call, server)
        let row = try row(call, server: server.id)
        guard let user = users[row.userID] else { throw .notFound }
        return .deleteSubuser(row, server: server, user: user)
    }

    /// Removes the row; several removals of one row that overlap all succeed, and each sends its mail.
    mutating func deleteSubuser(
        _ row: PanelSubuser,
        server: PanelServer,
        user: PanelUser
    ) throws(PanelFailure) -> PanelResponse {
        if isMailDown { throw .unexpected("TransportException") }
        removeSubuser(row.id)
        mails.append(PanelMail(to: user.email, subject: "Removed From Server", link: nil))
        trim(&mails)
        denyWebsocket(server: server)
        return .noContent
    }
}
