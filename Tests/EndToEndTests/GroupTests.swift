import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import Testing

/// Groups as rules over what the panel says of its servers, one of each kind.
@Suite(.timeLimit(.minutes(2)))
struct GroupTests {
    /// Six servers that differ in everything that a group can ask for.
    private static let world: PanelWorld = {
        var world = PanelWorld.empty()
        var (location, node) = (world.locations[0], world.nodes[0])
        (location.id, location.short) = (20, "attic")
        (node.id, node.name, node.locationID) = (20, "Attic", 20)
        world.locations.append(location)
        world.nodes.append(node)
        world.addServer("Lobby", externalID: "mc-lobby")
        world.addServer("Survival")
        world.addServer("Modded")
        world.servers[2].nodeID = 20
        world.addServer("Proxy", egg: 1)
        world.addServer("Beta World", description: "for [beta] testers")
        world.addServer("Beta Closed", description: "[beta] [closed]")
        return world
    }()

    /// Each group gives a permission of its own, so that the panel shows which of them took a server in.
    private static let groups: [(permission: Permission, match: ServerMatch, except: ServerMatch?)] = [
        ("control.start", match { $0.externalIDs = ["mc-lobby"] }, nil),
        ("control.stop", match { $0.identifiers = [world.servers[1].identifier] }, nil),
        ("control.restart", match { $0.identifiers = [world.servers[1].uuid] }, nil),
        ("file.read", match { $0.nodes = ["Attic"] }, nil),
        ("file.create", match { $0.nodes = ["20"] }, nil),
        ("file.update", match { $0.eggs = ["Bungeecord"] }, nil),
        ("file.delete", match { $0.eggs = ["1"] }, nil),
        ("file.sftp", match { $0.tags = ["beta"] }, nil),
        ("file.archive", match { $0.names = [Glob("Beta*")] }, match { $0.tags = ["closed"] }),
        (
            "backup.read",
            match {
                $0.names = [Glob("*")]
                $0.nodes = ["node-1"]
                $0.eggs = ["Paper"]
                $0.tags = ["beta"]
            },
            match { $0.names = [Glob("* Closed")] }
        ),
        (
            "control.console",
            match { $0.names = [Glob("*")] },
            match {
                $0.nodes = ["node-1"]
                $0.eggs = ["Paper"]
            }
        ),
    ]

    private static func match(_ change: (inout ServerMatch) -> Void) -> ServerMatch {
        var match = ServerMatch()
        change(&match)
        return match
    }

    private static let catalog = Catalog(
        tiers: [
            Tier(
                id: "all",
                rank: 1,
                products: ["all"],
                access: groups.map { group in
                    TierAccess(group: ServerGroupID(group.permission.key), permissions: [group.permission])
                }
            )
        ],
        groups: groups.map { group in
            ServerGroup(
                id: ServerGroupID(group.permission.key),
                panel: "main",
                match: group.match,
                except: group.except
            )
        }
    )

    @Test func `a group of each kind takes in just the servers that it means`() async throws {
        try await withCommunity(Self.world, catalog: Self.catalog) { community in
            try await community.quiet()
            try await community.buys("all")
            try await community.settled()
            let given = community.access().mapValues { $0.subtracting(["websocket.connect"]) }
            #expect(
                given == [
                    "Lobby": ["control.start"],
                    "Survival": ["control.stop", "control.restart"],
                    "Modded": ["file.read", "file.create", "control.console"],
                    "Proxy": ["file.update", "file.delete", "control.console"],
                    "Beta World": ["file.sftp", "file.archive", "backup.read"],
                    "Beta Closed": ["file.sftp"],
                ]
            )
        }
    }
}
