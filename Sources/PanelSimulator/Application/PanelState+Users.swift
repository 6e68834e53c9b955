extension PanelState {
    func findUser(_ parameter: String) throws(PanelFailure) -> PanelUser {
        guard let id = Syntax.leadingNumber(parameter), let user = users[id] else { throw .notFound }
        return user
    }

    func listUsers(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let query = ListQuery(call.request, path: "api/application/users")
        let filters = try query.filters(allowed: ["email", "uuid", "username", "external_id"])
        let ids = filters.isEmpty ? userIDs : userIDs.filter { id in users[id].map { matches($0, filters) } ?? false }
        let sorted = try query.sorted(ids) { users[$0]?.uuid ?? "" }
        let page = try query.page(of: sorted)
        return .json(page.json(url: url(of: call.request)) { id in users[id].map { json($0, call) } ?? .null })
    }

    private func matches(_ user: PanelUser, _ filters: [ListQuery.Filter]) -> Bool {
        filters.allSatisfy { filter in
            switch filter.name {
            case "email": filter.matches(user.email)
            case "uuid": filter.matches(user.uuid)
            case "username": filter.matches(user.username)
            default: filter.matches(user.externalID)
            }
        }
    }

    func getExternalUser(_ call: Call) throws(PanelFailure) -> PanelResponse {
        guard let id = userIDs(external: call.parameters[0]).first, let user = users[id] else { throw .notFound }
        return .json(["object": "user", "attributes": attributes(user, call)])
    }

    mutating func prepareUser(_ call: Call) throws(PanelFailure) -> PendingWrite {
        let input = UserInput(input: call.input, existing: nil)
        try input.validate(against: self)
        if !input.hasPassword { openWrites.begin(call.exchange) }
        return .createUser(input.user(), hasPassword: input.hasPassword)
    }

    mutating func createUser(
        _ fields: PanelUser,
        hasPassword: Bool,
        _ call: Call
    ) throws(PanelFailure) -> PanelResponse {
        if !hasPassword, openWrites.finish(call.exchange) { throw .unexpected("QueryException") }
        guard userID(email: fields.email) == nil, userID(username: fields.username) == nil else {
            throw .unexpected("QueryException")
        }
        let user = add(fields, at: call.now)
        if isMailDown { throw .unexpected("TransportException") }
        mailAccountCreated(user, withLink: !hasPassword)
        let resource = PanelJSON.string("\(url(of: call.request))/api/application/users/\(user.id)")
        let body: PanelJSON = ["object": "user", "attributes": attributes(user, call), "meta": ["resource": resource]]
        return .json(body, status: 201)
    }

    /// Adds an account under the next id.
    mutating func add(_ fields: PanelUser, at now: Int) -> PanelUser {
        var user = fields
        user.id = nextUserID
        user.uuid = random.uuid()
        user.createdAt = now
        user.updatedAt = now
        insert(user)
        return user
    }

    mutating func mailAccountCreated(_ user: PanelUser, withLink: Bool) {
        let link = "\(world.url)/auth/password/reset/\(random.word(length: 64))?email=\(user.email)"
        mails.append(PanelMail(to: user.email, subject: "Account Created", link: withLink ? link : nil))
    }

    mutating func updateUser(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let old = try findUser(call.parameters[0])
        let input = UserInput(input: call.input, existing: old)
        try input.validate(against: self)
        var user = input.user()
        if let external = user.externalID, userIDs(external: external).contains(where: { $0 != user.id }) {
            let reason = "The external id has already been taken."
            throw .unsaved("User", id: user.id, field: "external_id", reason: reason)
        }
        if user != old { user.updatedAt = call.now }
        replace(user)
        return .json(["object": "user", "attributes": attributes(user, call)])
    }

    mutating func deleteUser(_ call: Call) throws(PanelFailure) -> PanelResponse {
        let user = try findUser(call.parameters[0])
        guard serverIDsByOwner[user.id, default: []].isEmpty else {
            throw .display(
                "DisplayException",
                "Cannot delete a user with active servers attached to their account. "
                    + "Please delete their servers before continuing."
            )
        }
        removeUser(user.id)
        return .noContent
    }

    /// A user as the application API shows it.
    func json(_ user: PanelUser, _ call: Call) -> PanelJSON {
        ["object": "user", "attributes": attributes(user, call)]
    }

    func attributes(_ user: PanelUser, _ call: Call) -> PanelJSON {
        let plain = Self.plainAttributes(user)
        guard call.request.includes.contains("servers") else { return plain }
        let owned = serverIDsByOwner[user.id, default: []].compactMap { servers[$0] }
        let list: PanelJSON =
            call.mayRead(.servers)
            ? ["object": "list", "data": .array(owned.map(serverObject))]
            : .nullResource
        return plain.adding("relationships", ["servers": list])
    }

    static func plainAttributes(_ user: PanelUser) -> PanelJSON {
        [
            "id": .int(user.id),
            "external_id": .optional(user.externalID),
            "uuid": .string(user.uuid),
            "username": .string(user.username),
            "email": .string(user.email),
            "first_name": .string(user.firstName),
            "last_name": .string(user.lastName),
            "language": "en",
            "root_admin": .bool(user.isRootAdmin),
            "2fa": false,
            "created_at": .string(Stamp.iso(user.createdAt)),
            "updated_at": .string(Stamp.iso(user.updatedAt)),
        ]
    }
}

extension PanelJSON {
    /// What an include shows to a key that may not read it.
    static let nullResource: PanelJSON = ["object": "null_resource", "attributes": nil]
}
