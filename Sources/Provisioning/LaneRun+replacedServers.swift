import Entitlements
import Ledger
import Logging
import PterodactylAPI

/// Servers whose ids are other servers' by now: the panel was restored, and a person has looked.
///
/// The list of servers says which those are: an audit lets another one in under an id that is known only after a person's word.
extension LaneRun {
    /// What was given on a server went with it, and is forgotten whatever else stands still.
    mutating func forgetReplacedServers(_ inventory: Inventory, on panel: PanelConnection) async throws {
        var step = LaneWrite()
        step.forgotten = Set(
            file.grants.filter { $0.server.panel == panel.name && inventory.isAnother($0.server, than: $0.serverUUID) }
                .map(\.server)
        )
        guard !step.isEmpty else { return }
        try await write(step)
        file.grants.removeAll { step.forgotten.contains($0.server) }
    }

    /// The place of a customer's own server is empty again: what carries its external id is found, or another is made.
    mutating func forget(_ server: DedicatedServer, whoseIDHas found: Server, _ work: inout PanelWork) async throws {
        guard work.panel.hasLetIn(found) else { throw StrangePanel(isAnotherServer: found.id.number) }
        var step = LaneWrite()
        step.forgottenDedicated = [server.slot]
        try await write(step)
        forget(server.slot)
        work.dedicated[server.slot] = nil
        logger.notice(
            "The id of a customer's own server is another server's by now; theirs is found or made anew.",
            metadata: ["panel": "\(work.panel.name)", "panel.server": "\(found.id)"]
        )
    }
}

extension PanelConnection {
    /// Whether an audit has let a server in as it is.
    func hasLetIn(_ server: Server) -> Bool {
        inventory?.servers[PanelServerID(panel: name, number: server.id.number)]?.uuid == server.uuid.text
    }
}

extension Inventory {
    /// Whether the server by an id is another than the one that was known by it.
    func isAnother(_ server: PanelServerID, than uuid: String) -> Bool {
        servers[server].map { $0.uuid != uuid } ?? false
    }
}
