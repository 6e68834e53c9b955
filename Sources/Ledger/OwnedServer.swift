package import Entitlements

/// A server of somebody's own, and whose it is.
package struct OwnedServer: Hashable, Sendable {
    package var customer: CustomerKey
    package var server: DedicatedServer

    package init(customer: CustomerKey, server: DedicatedServer) {
        self.customer = customer
        self.server = server
    }
}

/// Who decided something, why, and when.
package struct PersonDecision: Hashable, Sendable {
    package var author: String
    package var reason: String
    package var at: Timestamp

    package init(author: String, reason: String, at: Timestamp) {
        self.author = author
        self.reason = reason
        self.at = at
    }
}

/// Between whom servers changed hands.
package struct HandOver: Hashable, Sendable {
    package var from: Set<CustomerKey>
    package var to: CustomerKey

    package init(from: Set<CustomerKey>, to: CustomerKey) {
        self.from = from
        self.to = to
    }
}

/// Why a server of the panel cannot become a subscription's.
package enum AdoptionObstacle: Hashable, Sendable {
    /// The subscription has a server there, or one is on its way.
    case slotTaken(by: CustomerKey)
    /// The server is another subscription's.
    case serverTaken(by: DedicatedSlot)
    /// The subscription is not that customer's.
    case notTheirs
}

/// What became of letting a server go.
package enum LettingGo: Hashable, Sendable {
    case done(CustomerKey)
    /// The panel was asked to make it, and what came of that is not known yet.
    case isBeingMade
    /// There is none in that place, or it is another server of the panel.
    case notThere
}

/// The panel gave out the id of a server again that is somebody's own: it is not the panel that it was.
package struct DedicatedServerTaken: Error, Hashable, CustomStringConvertible {
    package var server: PanelServerID
    package var slot: DedicatedSlot
    /// Which server it was to the slot.
    package var uuid: String

    package init(server: PanelServerID, slot: DedicatedSlot, uuid: String) {
        self.server = server
        self.slot = slot
        self.uuid = uuid
    }

    package var description: String {
        "Server \(server.number) is already the server of subscription \(slot.subscription)"
    }
}
