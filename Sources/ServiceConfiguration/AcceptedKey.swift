/// A key that the configuration may hold.
package struct AcceptedKey: Hashable, Sendable {
    /// Dotted; `<…>` stands for a name that the owner gives, `[]` for each element of a list.
    package let path: String
    package let shape: Shape
    package let meaning: String

    package enum Shape: Hashable, Sendable {
        case text
        /// A text, or `null` for what holds where the key is missing.
        case textOrNull
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
            case .text, .textOrNull, .list, .sections: false
            }
        }

        var isList: Bool {
            switch self {
            case .list, .secrets, .tokens, .sections: true
            case .text, .textOrNull, .secret: false
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
    package static let all: [AcceptedKey] = service + billing + policy + access + alerts

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
        .init("billing.paymenter.player_property", .text, "the property that holds the player's name"),
        .init("billing.paymenter.bedrock_prefix", .text, "what the server puts before the names of Bedrock players"),
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
            .init("rank_targets.<target>.servers", .text, "the server group that shares one LuckPerms storage"),
            .init("rank_targets.<target>.speaker", .text, "the one of them whose console takes the commands"),
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
            .init("tiers.<tier>.luckperms.group", .text, "the LuckPerms group that is the rank in game"),
            .init("tiers.<tier>.luckperms.servers", .text, "the server group on which it is given"),
            .init("tiers.<tier>.commands.servers", .text, "the server group to whose consoles the commands go"),
            .init("tiers.<tier>.commands.grant", .list, "console commands for whoever gets the tier"),
            .init("tiers.<tier>.commands.renew", .list, "console commands when its end moves"),
            .init("tiers.<tier>.commands.change", .list, "console commands for whoever comes from another tier"),
            .init("tiers.<tier>.commands.end", .list, "console commands when it ends"),
            .init("tiers.<tier>.commands.refund", .list, "console commands instead of end when money went back"),
        ] + dedicated("tiers.<tier>.dedicated")

    private static func dedicated(_ prefix: String) -> [AcceptedKey] {
        [
            .init("\(prefix).panel", .text, "the panel on which each customer's own server is made"),
            .init("\(prefix).egg", .text, "what it runs: an egg's name or id"),
            .init("\(prefix).nest", .textOrNull, "the nest in which the egg is looked for"),
            .init("\(prefix).locations", .list, "where it may go: names or ids; empty means anywhere"),
            .init("\(prefix).node", .textOrNull, "the one node to which it goes"),
            .init("\(prefix).port_range", .list, "ports of which it gets one; empty means any"),
            .init("\(prefix).dedicated_ip", .text, "whether no other server may listen on its address"),
            .init("\(prefix).docker_image", .textOrNull, "its image"),
            .init("\(prefix).startup", .textOrNull, "its start-up command"),
            .init("\(prefix).environment.<variable>", .text, "a variable of its egg; {…} is filled in"),
            .init("\(prefix).name", .text, "its name; {…} is filled in"),
            .init("\(prefix).limits.memory", .text, "MiB of memory; 0 means no limit"),
            .init("\(prefix).limits.swap", .text, "MiB of swap; -1 means no limit"),
            .init("\(prefix).limits.disk", .text, "MiB of disk; 0 means no limit"),
            .init("\(prefix).limits.io", .text, "the weight of its disk accesses"),
            .init("\(prefix).limits.cpu", .text, "percent of one core; 0 means no limit"),
            .init("\(prefix).limits.threads", .textOrNull, "the cores that it is pinned to"),
            .init("\(prefix).feature_limits.databases", .text, "databases that its owner may make"),
            .init("\(prefix).feature_limits.backups", .text, "backups that its owner may make"),
            .init("\(prefix).feature_limits.allocations", .text, "ports that its owner may have"),
            .init("\(prefix).start_on_completion", .text, "whether it starts once it is installed"),
            .init("\(prefix).skip_scripts", .text, "whether the egg's installation script is left out"),
            .init("\(prefix).oom_killer", .text, "whether it is killed when memory runs out"),
            .init("\(prefix).delete_after", .text, "how long after its end it may be deleted"),
            .init("\(prefix).delete_without_asking", .text, "whether it is deleted then without a person's word"),
        ]
    }

    private static let alerts: [AcceptedKey] = [
        .init(
            "alerts.discord.webhook_url",
            .secret,
            "the webhook of a Discord channel that is told what needs a person"
        ),
        .init("alerts.generic.url", .text, "an address that is told the same, signed after Standard Webhooks"),
        .init("alerts.generic.secret", .secret, "the secret that signs it"),
        .init("alerts.console_url", .text, "the console's public address, for links in alerts"),
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
        ("billing.stripe", "Stripe is"),
        ("billing.paymenter.api", "asking Paymenter itself is"),
    ]
}
