package import PterodactylAPI

/// Finds on a panel what a configuration names by name or id.
package struct PanelCatalogue: Sendable {
    let client: PterodactylPanel

    package init(_ client: PterodactylPanel) {
        self.client = client
    }

    /// The egg with its variables; looked for in all nests unless one is named.
    package func egg(_ name: String, nest: String?) async throws -> Egg {
        var nests = try await client.nests()
        if let nest { nests = [try one(of: nests, called: nest, as: "nest") { ($0.id.number, $0.name) }] }
        var eggs: [Egg] = []
        for nest in nests { eggs += try await client.eggs(nest: nest.id) }
        return try one(of: eggs, called: name, as: "egg") { ($0.id.number, $0.name) }
    }

    package func locations(_ names: [String]) async throws -> [Location.ID] {
        guard !names.isEmpty else { return [] }
        let locations = try await client.locations()
        return try names.map { name in
            try one(of: locations, called: name, as: "location") { ($0.id.number, $0.short) }.id
        }
    }

    package func node(_ name: String) async throws -> Node {
        try one(of: try await client.nodes(), called: name, as: "node") { ($0.id.number, $0.name) }
    }

    /// A free address and port of a node; with a dedicated address, one that no server listens on yet.
    package func freeAllocation(on node: Node.ID, ports: [ClosedRange<Int>], dedicatedIP: Bool) async throws
        -> Allocation?
    {
        var busy: Set<String> = []
        var free: [Allocation] = []
        var next: Int? = 1
        while let number = next {
            let page = try await client.allocationsPage(node: node, number, perPage: 500)
            busy.formUnion(page.things.filter(\.assigned).map(\.ip))
            free += page.things.filter { allocation in
                !allocation.assigned && (ports.isEmpty || ports.contains { $0.contains(allocation.port) })
            }
            next = page.next
        }
        return free.first { !dedicatedIP || !busy.contains($0.ip) }
    }

    private func one<Thing>(
        of things: [Thing],
        called name: String,
        as kind: String,
        _ known: (Thing) -> (number: Int, name: String)
    ) throws(NotOnPanel) -> Thing {
        let found = things.filter { "\(known($0).number)" == name || known($0).name == name }
        guard let thing = found.first, found.count == 1 else {
            throw NotOnPanel(kind: kind, name: name, count: found.count, present: things.map { known($0).name })
        }
        return thing
    }
}

/// The panel has nothing, or several things, by a name of the configuration.
package struct NotOnPanel: Error, Hashable, CustomStringConvertible {
    var kind: String
    var name: String
    var count: Int
    var present: [String]

    package var description: String {
        guard count == 0 else {
            return "\(count) of its \(kind)s are called \"\(name)\"; write the id of the one that is meant"
        }
        let names = present.sorted().prefix(10).joined(separator: ", ")
        return "it has no \(kind) \"\(name)\"\(names.isEmpty ? "" : "; it has \(names)")"
    }
}
