/// A key that the configuration may hold.
package struct AcceptedKey: Hashable, Sendable {
    /// Dotted; `<…>` stands for a name that the owner gives, `[]` for each element of a list.
    package let path: String
    package let shape: Shape
    package let meaning: String

    package enum Shape: Hashable, Sendable {
        case text
        /// A list of texts.
        case list
        /// A text that must not be shown; it can also be in a file, under the key with `_file` behind it.
        case secret
        /// As `secret`, several.
        case secrets
        /// A list of secrets, or of sections that hold one.
        case tokens
        /// A list of sections.
        case sections

        var isSecret: Bool {
            switch self {
            case .secret, .secrets, .tokens: true
            case .text, .list, .sections: false
            }
        }

        var isList: Bool {
            switch self {
            case .list, .secrets, .tokens, .sections: true
            case .text, .secret: false
            }
        }
    }

    init(_ path: String, _ shape: Shape, _ meaning: String) {
        self.path = path
        self.shape = shape
        self.meaning = meaning
    }

    var segments: [String] {
        path.split(separator: ".").map(String.init)
    }

    /// All of them, in the order of the sample.
    package static let all: [AcceptedKey] = service + billing + policy + access

    private static let service: [AcceptedKey] = [
        .init("instance", .text, "the name in the ids that panels keep for us"),
        .init("listen.host", .text, "the address to listen on"),
        .init("listen.port", .text, "the port to listen on"),
        .init("listen.tls.certificate", .text, "the PEM file of the certificate and its chain, to end TLS here"),
        .init("listen.tls.private_key", .text, "the PEM file of the certificate's key"),
        .init("trusted_proxies", .list, "networks whose X-Forwarded-For and -Proto are believed"),
        .init("store", .text, "where the ledger is kept"),
        .init("mode", .text, "observe changes nothing, enforce works"),
        .init("admin.tokens", .tokens, "bearer tokens for the API, the command line and the console"),
        .init("admin.tokens[].token", .secret, "the token itself"),
        .init("admin.tokens[].role", .text, "viewer reads, operator also acts"),
        .init("admin.tokens[].name", .text, "whom the record of what was done names"),
    ]

    private static let billing: [AcceptedKey] = [
        .init(
            "billing.paymenter.secrets",
            .secrets,
            "Standard Webhooks secrets; each is accepted, so that they can be changed"
        ),
        .init("billing.paymenter.allow_from", .list, "networks of the billing host; empty means any"),
        .init("billing.paymenter.api.url", .text, "Paymenter's own address, to ask it what no delivery told"),
        .init("billing.paymenter.api.token", .secret, "an API key of Paymenter, of type admin, that may only view"),
        .init("billing.paymenter.api.every", .text, "how often Paymenter is asked"),
        .init("billing.paymenter.player_property", .text, "the property that holds the player's name"),
        .init("billing.stripe.secrets", .secrets, "signing secrets of Stripe's endpoint; each is accepted"),
        .init("billing.timezone", .text, "whose midnight a bare date means"),
        .init("billing.silent_after", .text, "no word from billing for so long is a reason to tell somebody"),
        .init("panels.<panel>.url", .text, "the panel's address"),
        .init("panels.<panel>.application_key", .secret, "a key of the application API"),
        .init("panels.<panel>.client_key", .secret, "a client API key of an administrator"),
        .init("panels.<panel>.budget_share", .text, "how much of the panel's rate limit we may use"),
    ]

    private static let policy: [AcceptedKey] = [
        .init("policy.grace_period", .text, "how long access outlives a payment that failed"),
        .init("policy.settle", .text, "how long a told loss waits for the other half of a change"),
        .init("policy.on_refund", .text, "what a refund does"),
        .init("policy.late_payment", .text, "what money does that comes after the end"),
        .init("policy.cancel", .text, "what cancelled without a date means"),
        .init("policy.delivery_retention", .text, "how long deliveries are kept as they came"),
        .init("policy.account_retention", .text, "how long accounts that we created stay after their last access"),
        .init("policy.retry", .list, "the waits between tries; the last one repeats"),
        .init("policy.attention_after", .text, "how long a customer is worked on before a person is asked"),
        .init("policy.audit_every", .text, "how often the whole panel is read"),
        .init(
            "policy.breaker.max_customers",
            .text,
            "how many may lose access within the window before a person is asked"
        ),
        .init("policy.breaker.max_share", .text, "which share of those who have access may lose it within the window"),
        .init("policy.breaker.window", .text, "over which time losses are counted together"),
    ]

    private static let access: [AcceptedKey] =
        [
            .init("permission_sets.<set>", .list, "permissions of the panel under one name"),
            .init("server_groups.<group>.panel", .text, "the panel on which they are"),
            .init(
                "server_groups.<group>.owners",
                .list,
                "e-mails of owners, beside admins, whose servers may be taken in"
            ),
        ] + match("server_groups.<group>", "servers that are in it")
        + match("server_groups.<group>.except", "servers that are not in it") + [
            .init("tiers.<tier>.rank", .text, "the higher, the more it is worth"),
            .init("tiers.<tier>.role", .text, "a label shown to people"),
            .init("tiers.<tier>.products", .list, "the products that sell it"),
            .init("tiers.<tier>.access", .sections, "which servers it opens"),
            .init("tiers.<tier>.access[].servers", .text, "a server group"),
            .init("tiers.<tier>.access[].permissions", .text, "a permission set"),
            .init("tiers.<tier>.lasts", .text, "how long a one-time purchase lasts"),
            .init("tiers.<tier>.grace_period", .text, "this tier's own grace"),
            .init("tiers.<tier>.on_refund", .text, "what a refund does in this tier"),
            .init("tiers.<tier>.late_payment", .text, "what money does in this tier that comes after the end"),
            .init("tiers.<tier>.cancel", .text, "what cancelled without a date means in this tier"),
            .init(
                "tiers.<tier>.account_retention",
                .text,
                "how long accounts that we created stay after their last access, if this tier gave it"
            ),
        ]

    private static func match(_ prefix: String, _ what: String) -> [AcceptedKey] {
        [
            .init("\(prefix).names", .list, "\(what), by name; * and ? stand for anything"),
            .init("\(prefix).external_ids", .list, "\(what), by external id"),
            .init("\(prefix).identifiers", .list, "\(what), by the panel's short identifier or uuid"),
            .init("\(prefix).nodes", .list, "\(what), by node"),
            .init("\(prefix).eggs", .list, "\(what), by egg"),
            .init("\(prefix).tags", .list, "\(what), by a [tag] in the description"),
        ]
    }

    /// Keys of the contract whose capability this version does not have, and what that is.
    static let notBuilt: [(path: String, what: String)] = [
        ("alerts", "alerts are"),
        ("rank_targets", "in-game ranks are"),
        ("billing.paymenter.bedrock_prefix", "in-game ranks are"),
        ("tiers.<tier>.luckperms", "in-game ranks are"),
        ("tiers.<tier>.commands", "console commands are"),
        ("tiers.<tier>.dedicated", "servers of a customer's own are"),
    ]
}
