package import Entitlements

/// One row of a panel that differs from what we give, as a person was shown it.
package struct DriftLine: Hashable, Sendable {
    package var kind: DriftKind
    package var server: PanelServerID
    /// The panel's user id.
    package var user: Int
    package var customer: CustomerKey?
    package var permissions: Set<Permission>

    package init(
        kind: DriftKind,
        server: PanelServerID,
        user: Int,
        customer: CustomerKey?,
        permissions: Set<Permission>
    ) {
        self.kind = kind
        self.server = server
        self.user = user
        self.customer = customer
        self.permissions = permissions
    }
}

/// Access that a person said is right although we do not give it.
package struct AcceptedDrift: Hashable, Sendable {
    package var server: PanelServerID
    /// The panel's user id.
    package var user: Int
    package var permissions: Set<Permission>

    package init(server: PanelServerID, user: Int, permissions: Set<Permission>) {
        self.server = server
        self.user = user
        self.permissions = permissions
    }
}
