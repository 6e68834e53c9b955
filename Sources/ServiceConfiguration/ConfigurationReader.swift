import Entitlements
import Foundation
import Observability

/// Reads the sections of a document whose keys were checked.
struct ConfigurationReader {
    let root: Section

    /// The configuration; `nil` if something without which there is none was reported.
    func read() -> ServiceConfiguration? {
        let instance = root.required("instance", "write a name of letters, digits and -", Values.instance)
        let listen = listen()
        let trustedProxies = trustedProxies()
        let store = store()
        let mode = root.value("mode", Values.word(ServiceConfiguration.Mode.self)) ?? .enforce
        let tokens = AdminReader(section: root.section("admin")).tokens()
        let billing = billing()
        let panels = panels()
        let policy = PolicyReader(section: root.section("policy")).read()
        let sets = permissionSets()
        let catalog = CatalogReader(root: root, panels: panelNames, permissionSets: sets).read()
        let alerts = alerts()
        guard root.findings.problems.isEmpty, let instance, let catalog else { return nil }
        if catalog.givesRanks, billing.paymenter.playerProperty == nil {
            root.findings.warn(
                "tiers give ranks in game, but without billing.paymenter.player_property nobody knows the players: no rank is given"
            )
        }
        return ServiceConfiguration(
            instance: instance,
            listen: listen,
            trustedProxies: trustedProxies,
            store: store,
            mode: mode,
            admin: .init(tokens: tokens),
            billing: billing,
            panels: panels,
            policy: policy,
            permissionSets: sets.compactMapValues { $0 },
            catalog: catalog,
            alerts: alerts
        )
    }

    private func listen() -> ServiceConfiguration.Listen {
        let section = root.section("listen")
        let listen = ServiceConfiguration.Listen(
            host: section.value("host", Values.host) ?? "127.0.0.1",
            port: section.value("port", Values.wholeNumber(in: 1...65_535)) ?? 8750,
            tls: tls(section)
        )
        if listen.tls == nil, !section.has("tls"), !root.has("trusted_proxies"), !Values.isLoopback(listen.host) {
            root.findings.warn(
                "listen.host takes requests from other machines, but without listen.tls or trusted_proxies all of them are refused"
            )
        }
        return listen
    }

    private func tls(_ listen: Section) -> ServiceConfiguration.Listen.TLS? {
        guard listen.has("tls") else { return nil }
        let section = listen.section("tls")
        let readable: (String) throws(Invalid) -> String = { (name) throws(Invalid) in try root.files.existing(name) }
        let certificate = section.required("certificate", "write the path of a PEM file", readable)
        let privateKey = section.required("private_key", "write the path of a PEM file", readable)
        guard let certificate, let privateKey else { return nil }
        return .init(certificate: certificate, privateKey: privateKey)
    }

    private func trustedProxies() -> [CIDR] {
        root.values("trusted_proxies") { (text) throws(Invalid) in
            let network = try Values.network(text)
            guard !network.isEverything else {
                throw Invalid("\(Shown.value(text)) would believe everybody; name the addresses of your proxies")
            }
            return network
        } ?? []
    }

    private func store() -> ServiceConfiguration.Store {
        root.value("store") { (text) throws(Invalid) in
            if text.lowercased().hasPrefix("postgres") {
                throw Invalid("PostgreSQL is not part of this version yet; write sqlite:PATH")
            }
            let path = text.dropFirst("sqlite:".count)
            guard text.hasPrefix("sqlite:"), !path.isEmpty, !path.hasPrefix("//"), !path.hasPrefix(":"),
                !path.contains("\0")
            else {
                throw Invalid("\(Shown.value(text)) is no store; write sqlite:PATH, such as sqlite:paydactyl.sqlite")
            }
            return .sqlite(path: String(path))
        } ?? .sqlite(path: "paydactyl.sqlite")
    }

    private func billing() -> ServiceConfiguration.Billing {
        let section = root.section("billing")
        let paymenter = section.section("paymenter")
        let secrets = paymenter.secretTexts("secrets", "write a list of webhook secrets, whsec_ and base64")
        if let secrets, secrets.isEmpty {
            paymenter.report("secrets", "is empty; without a secret no delivery can be believed")
        }
        return .init(
            paymenter: .init(
                secrets: (secrets ?? []).compactMap { paymenter.redacted($0.located, Values.webhookSecret) },
                allowFrom: paymenter.values("allow_from", Values.network) ?? [],
                playerProperty: paymenter.value("player_property", Values.label),
                bedrockPrefix: paymenter.value("bedrock_prefix", Values.bedrockPrefix)
            ),
            timeZone: section.value("timezone", Values.timeZone) ?? .utc,
            silentAfter: section.value("silent_after", Values.duration) ?? .seconds(36 * 3600)
        )
    }
}

extension ConfigurationReader {
    private func alerts() -> ServiceConfiguration.Alerts {
        let section = root.section("alerts")
        var alerts = ServiceConfiguration.Alerts()
        alerts.consoleURL = section.value("console_url", Values.alertURL).map {
            $0.hasSuffix("/") ? String($0.dropLast()) : $0
        }
        if section.has("discord") {
            alerts.discord = section.section("discord").secret(
                "webhook_url",
                "write the address that Discord shows for the channel's webhook"
            ) { (text) throws(Invalid) in _ = try Values.alertURL(text) }
        }
        guard section.has("generic") else { return alerts }
        let generic = section.section("generic")
        let url = generic.required("url", "write an address that begins with https://", Values.alertURL)
        let secret = generic.secret("secret", "write whsec_ and base64", Values.webhookSecret)
        if let url, let secret { alerts.generic = .init(url: url, secret: secret) }
        return alerts
    }

    private var panelNames: Set<String> {
        Set(root.members("panels").map(\.name))
    }

    private func panels() -> [PanelName: ServiceConfiguration.Panel] {
        let members = root.members("panels")
        if members.isEmpty {
            root.report("panels", "is missing; write main: {url: …, application_key: …, client_key: …}")
        }
        var panels: [PanelName: ServiceConfiguration.Panel] = [:]
        for (name, section) in members {
            panels[PanelName(name)] = panel(section)
        }
        return panels
    }

    private func panel(_ section: Section) -> ServiceConfiguration.Panel? {
        let url = section.required("url", "write one such as https://panel.example.org", Values.panelURL)
        let applicationKey = section.secret(
            "application_key",
            "write a key of the application API",
            Values.panelKey(notBeginningWith: "ptlc_", of: "a client key")
        )
        let clientKey = section.secret(
            "client_key",
            "write a client API key of an administrator",
            Values.panelKey(notBeginningWith: "ptla_", of: "an application key")
        )
        let share = section.value("budget_share") { (text) throws(Invalid) in
            let share = try Values.share(text)
            guard share > 0 else {
                throw Invalid("\(Shown.value(text)) leaves no calls; write a percentage such as 90%")
            }
            return share
        }
        guard let url, let applicationKey, let clientKey else { return nil }
        return .init(url: url, applicationKey: applicationKey, clientKey: clientKey, budgetShare: share ?? 0.9)
    }

    /// By name; a set of which something was wrong is there without a value, so that who uses it is not blamed.
    private func permissionSets() -> [String: Set<Permission>?] {
        var sets: [String: Set<Permission>?] = [:]
        let section = root.section("permission_sets")
        for (name, _) in root.members("permission_sets") {
            let texts = section.texts(name)
            if texts?.isEmpty == true {
                section.report(name, "is empty; name at least one permission, such as websocket.connect")
            }
            let permissions = section.values(name, Values.permission)
            sets[name] = .some(permissions.map { Set($0).union([.websocketConnect]) })
        }
        return sets
    }
}
