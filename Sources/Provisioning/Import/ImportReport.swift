package import Entitlements

/// Who pays, who has, and how the two meet, before an existing community is taken over.
package struct ImportReport: Hashable, Sendable {
    package struct Payer: Hashable, Sendable {
        package var subscription: SubscriptionID
        package var customer: CustomerKey
        package var email: String?
        package var tier: TierID
        /// What is missing, a phrase each; empty if the customer has all of it.
        package var lacks: [String]
    }

    /// Somebody with hand-made access on servers that tiers open, who pays for none of it.
    package struct Guest: Hashable, Sendable {
        package var panel: PanelName
        package var user: Int
        package var email: String
        package var servers: [String]
    }

    package var services = 0
    /// Payers of whom nothing was told yet.
    package var payers: [Payer] = []
    package var guests: [Guest] = []
    /// Subscriptions that were told by their sender, which are not taken over again.
    package var known = 0
    /// How many pay for products in no tier, by product.
    package var unsold: [String: Int] = [:]
    /// Services of which nobody says whose they are.
    package var nameless: [SubscriptionID] = []
    package var adopted = 0
    /// On how many servers what a tier gives was taken over as ours.
    package var takenOver = 0
}
