/// A rule that says which servers of a panel belong together, evaluated anew whenever the panel was read.
package struct ServerGroup: Hashable, Sendable {
    package var id: ServerGroupID
    package var panel: PanelName
    /// All of its keys must hold.
    package var match: ServerMatch
    /// Servers for which all keys of this hold are left out.
    package var except: ServerMatch?
    /// E-mails of accounts, beside root admins, whose servers the rule may take in: an owner can rename a server, and so
    /// would choose whom the owner's own server is shared with.
    package var owners: Set<String>

    package init(
        id: ServerGroupID,
        panel: PanelName,
        match: ServerMatch,
        except: ServerMatch? = nil,
        owners: Set<String> = []
    ) {
        self.id = id
        self.panel = panel
        self.match = match
        self.except = except
        self.owners = Set(owners.map(asciiFolded))
    }

    /// Whether `server` belongs to the group.
    ///
    /// A server that we made as somebody's own is never matched by a rule, nor one whose owner is neither a root admin nor in `owners`;
    /// only its exact external id or identifier overrides that.
    package func contains(_ server: PanelServer) -> Bool {
        guard server.id.panel == panel, match.holds(for: server) else { return false }
        if let except, except.holds(for: server) { return false }
        if match.namesExactly(server) { return true }
        return !server.isDedicated && ownerIsTrusted(of: server)
    }

    /// Whether the group's keys match but the server's owner (or its being somebody's own) keeps it out: `check` shows these.
    package func refuses(_ server: PanelServer) -> Bool {
        guard server.id.panel == panel, match.holds(for: server), !contains(server) else { return false }
        return !(except?.holds(for: server) ?? false)
    }

    private func ownerIsTrusted(of server: PanelServer) -> Bool {
        server.ownerIsRootAdmin || server.ownerEmail.map { owners.contains(asciiFolded($0)) } ?? false
    }
}

/// Keys of a server group; an empty list asks nothing.
package struct ServerMatch: Hashable, Sendable {
    package var names: [Glob] = []
    package var externalIDs: Set<String> = []
    /// The eight-character identifier or the uuid.
    package var identifiers: Set<String> = []
    /// Names or ids, as the panel shows them.
    package var nodes: Set<String> = []
    /// Names or ids, as the panel shows them.
    package var eggs: Set<String> = []
    /// Words that stand as `[word]` in the server's description.
    package var tags: Set<String> = []

    package init() {}

    package var isEmpty: Bool {
        names.isEmpty && externalIDs.isEmpty && identifiers.isEmpty && nodes.isEmpty && eggs.isEmpty && tags.isEmpty
    }

    package func holds(for server: PanelServer) -> Bool {
        guard !isEmpty else { return false }
        return (names.isEmpty || names.contains { $0.matches(server.name) })
            && (externalIDs.isEmpty || server.externalID.map(externalIDs.contains) ?? false)
            && (identifiers.isEmpty || identifiers.contains(server.identifier) || identifiers.contains(server.uuid))
            && (nodes.isEmpty || !nodes.isDisjoint(with: server.nodeNames))
            && (eggs.isEmpty || !eggs.isDisjoint(with: server.eggNames))
            && (tags.isEmpty || tags.contains { server.description.contains("[\($0)]") })
    }

    func namesExactly(_ server: PanelServer) -> Bool {
        identifiers.contains(server.identifier) || identifiers.contains(server.uuid)
            || server.externalID.map(externalIDs.contains) ?? false
    }
}

/// A pattern in which `*` stands for any characters and `?` for one; everything else for itself, upper and lower case apart.
package struct Glob: Hashable, Sendable, CustomStringConvertible {
    package let pattern: String
    private let characters: [Character]

    package init(_ pattern: String) {
        self.pattern = pattern
        characters = Array(pattern)
    }

    package var description: String { pattern }

    /// Time grows with the product of both lengths at the most, whatever the pattern.
    package func matches(_ text: String) -> Bool {
        let text = Array(text)
        var position = 0
        var place = 0
        var lastStar: (place: Int, position: Int)?
        while position < text.count {
            if place < characters.count, characters[place] == "*" {
                lastStar = (place, position)
                place += 1
            } else if place < characters.count, characters[place] == "?" || characters[place] == text[position] {
                place += 1
                position += 1
            } else if let star = lastStar {
                lastStar = (star.place, star.position + 1)
                place = star.place + 1
                position = star.position + 1
            } else {
                return false
            }
        }
        return characters[place...].allSatisfy { $0 == "*" }
    }
}

/// A server as last read from its panel.
package struct PanelServer: Hashable, Sendable, Codable {
    package var id: PanelServerID
    package var uuid: String
    /// The eight characters by which the client API addresses it.
    package var identifier: String
    package var externalID: String?
    package var name: String
    package var description: String
    /// The node's id and name.
    package var nodeNames: Set<String>
    /// The egg's id and name.
    package var eggNames: Set<String>
    /// The owner's numeric id.
    package var owner: Int
    package var ownerEmail: String?
    package var ownerIsRootAdmin: Bool
    /// Whether we created it as a customer's own server.
    package var isDedicated: Bool

    package init(
        id: PanelServerID,
        uuid: String,
        identifier: String,
        externalID: String? = nil,
        name: String,
        description: String = "",
        nodeNames: Set<String> = [],
        eggNames: Set<String> = [],
        owner: Int,
        ownerEmail: String? = nil,
        ownerIsRootAdmin: Bool,
        isDedicated: Bool = false
    ) {
        self.id = id
        self.uuid = uuid
        self.identifier = identifier
        self.externalID = externalID
        self.name = name
        self.description = description
        self.nodeNames = nodeNames
        self.eggNames = eggNames
        self.owner = owner
        self.ownerEmail = ownerEmail
        self.ownerIsRootAdmin = ownerIsRootAdmin
        self.isDedicated = isDedicated
    }
}
