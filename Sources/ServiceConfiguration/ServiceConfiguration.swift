package import Entitlements
package import Foundation
package import Observability

/// Everything that the owner decides, read from `paydactyl.yaml`, the environment, and the files of secrets.
package struct ServiceConfiguration: Equatable, Sendable {
    /// Goes into the external ids that panels keep.
    package var instance: String
    package var listen: Listen
    /// Whose word on the client's address and on TLS is believed.
    package var trustedProxies: [CIDR]
    package var store: Store
    package var mode: Mode
    package var admin: Admin
    package var billing: Billing
    /// Never empty.
    package var panels: [PanelName: Panel]
    package var policy: Policy
    package var permissionSets: [String: Set<Permission>]
    package var catalog: Catalog
    package var alerts: Alerts
    /// What can be read but should be looked at; shown at start and by `check`.
    package var warnings: [String]

    /// Takes what was decided elsewhere, such as a demonstration's; the file's rules are then the caller's to keep.
    package init(
        instance: String,
        listen: Listen = Listen(),
        trustedProxies: [CIDR] = [],
        store: Store,
        mode: Mode = .enforce,
        admin: Admin,
        billing: Billing,
        panels: [PanelName: Panel],
        policy: Policy = Policy(),
        permissionSets: [String: Set<Permission>] = [:],
        catalog: Catalog,
        alerts: Alerts = Alerts(),
        warnings: [String] = []
    ) {
        self.instance = instance
        self.listen = listen
        self.trustedProxies = trustedProxies
        self.store = store
        self.mode = mode
        self.admin = admin
        self.billing = billing
        self.panels = panels
        self.policy = policy
        self.permissionSets = permissionSets
        self.catalog = catalog
        self.alerts = alerts
        self.warnings = warnings
    }

    package struct Listen: Hashable, Sendable {
        package var host: String
        package var port: Int
        /// To end TLS here.
        package var tls: TLS?

        package struct TLS: Hashable, Sendable {
            /// The path of a PEM file: the certificate, then its chain.
            package var certificate: String
            /// The path of a PEM file.
            package var privateKey: String

            package init(certificate: String, privateKey: String) {
                self.certificate = certificate
                self.privateKey = privateKey
            }
        }

        package init(host: String = "127.0.0.1", port: Int = 8750, tls: TLS? = nil) {
            self.host = host
            self.port = port
            self.tls = tls
        }
    }

    package enum Store: Hashable, Sendable {
        /// A database file; a relative path starts at the working directory.
        case sqlite(path: String)
    }

    package enum Mode: String, CaseIterable, Hashable, Sendable {
        /// Computes and shows everything and changes nothing.
        case observe
        case enforce
    }

    package struct Admin: Equatable, Sendable {
        /// Never empty, and no two alike.
        package var tokens: [Token]

        package struct Token: Equatable, Sendable {
            package var token: Redacted<String>
            package var role: Role
            /// Unique; the record of what was done names it.
            package var name: String

            package init(token: Redacted<String>, role: Role = .operator, name: String) {
                self.token = token
                self.role = role
                self.name = name
            }
        }

        package enum Role: String, CaseIterable, Hashable, Sendable {
            case viewer
            case `operator`
        }

        package init(tokens: [Token]) {
            self.tokens = tokens
        }
    }

    package struct Billing: Equatable, Sendable {
        package var paymenter: Paymenter
        package var timeZone: BillingTimeZone
        /// No word for so long is a reason to tell somebody.
        package var silentAfter: Duration

        package init(
            paymenter: Paymenter,
            timeZone: BillingTimeZone = .utc,
            silentAfter: Duration = .seconds(36 * 3600)
        ) {
            self.paymenter = paymenter
            self.timeZone = timeZone
            self.silentAfter = silentAfter
        }
    }

    package struct Paymenter: Equatable, Sendable {
        /// In the form `whsec_<base64>`, decodable and of at least 24 bytes; never empty.
        package var secrets: [Redacted<String>]
        /// Empty means any.
        package var allowFrom: [CIDR]
        /// The property that holds the player's name.
        package var playerProperty: String?
        /// What the server puts before the names of Bedrock players.
        package var bedrockPrefix: String?

        package init(
            secrets: [Redacted<String>],
            allowFrom: [CIDR] = [],
            playerProperty: String? = nil,
            bedrockPrefix: String? = nil
        ) {
            self.secrets = secrets
            self.allowFrom = allowFrom
            self.playerProperty = playerProperty
            self.bedrockPrefix = bedrockPrefix
        }
    }

    package struct Panel: Equatable, Sendable {
        /// Without a slash at its end; `http` only to this machine.
        package var url: URL
        package var applicationKey: Redacted<String>
        package var clientKey: Redacted<String>
        /// 0 to 1 of the panel's rate limits, more than 0.
        package var budgetShare: Double

        package init(
            url: URL,
            applicationKey: Redacted<String>,
            clientKey: Redacted<String>,
            budgetShare: Double = 0.9
        ) {
            self.url = url
            self.applicationKey = applicationKey
            self.clientKey = clientKey
            self.budgetShare = budgetShare
        }
    }

    /// Whom to tell what needs a person; nobody if all are missing.
    package struct Alerts: Equatable, Sendable {
        /// The webhook of a Discord channel; whoever has the address can write there.
        package var discord: Redacted<String>?
        package var generic: Generic?
        /// Without a slash at its end.
        package var consoleURL: String?

        package struct Generic: Equatable, Sendable {
            package var url: String
            /// In the form of ``Paymenter/secrets``.
            package var secret: Redacted<String>

            package init(url: String, secret: Redacted<String>) {
                self.url = url
                self.secret = secret
            }
        }

        package init(discord: Redacted<String>? = nil, generic: Generic? = nil, consoleURL: String? = nil) {
            self.discord = discord
            self.generic = generic
            self.consoleURL = consoleURL
        }
    }
}
