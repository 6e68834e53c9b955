package import Billing
package import Entitlements
package import Observability
package import ServiceConfiguration

/// What the owner configured, as far as requests are judged by it; replaced as a whole when the configuration is read anew.
package struct WebRules: Sendable {
    package var secrets: [WebhookSecret]
    /// Of Stripe's endpoint; empty where Stripe is not listened to.
    package var stripeSecrets: [Redacted<String>]
    /// Empty means any.
    package var allowFrom: [CIDR]
    package var decoder: DeliveryDecoder
    package var transport: TransportRules
    package var tokens: [AdminToken]
    /// The checkout field that holds the player's name.
    package var playerProperty: String?
    /// Without a word from billing for so long, something is wrong.
    package var silentAfter: Duration
    /// Where customers sign in to each panel.
    package var panelAddresses: [PanelName: String]
    /// What the last reading of the configuration left for a person to do.
    package var reloading: Need?

    package init(
        secrets: [WebhookSecret],
        stripeSecrets: [Redacted<String>] = [],
        allowFrom: [CIDR],
        decoder: DeliveryDecoder,
        transport: TransportRules,
        tokens: [AdminToken],
        playerProperty: String?,
        silentAfter: Duration,
        panelAddresses: [PanelName: String] = [:]
    ) {
        self.secrets = secrets
        self.stripeSecrets = stripeSecrets
        self.allowFrom = allowFrom
        self.decoder = decoder
        self.transport = transport
        self.tokens = tokens
        self.playerProperty = playerProperty
        self.silentAfter = silentAfter
        self.panelAddresses = panelAddresses
    }
}
