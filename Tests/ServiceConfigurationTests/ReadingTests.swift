import Entitlements
import Foundation
import Observability
import Testing

import ServiceConfiguration

struct ReadingTests {
    @Test func `a small file gets the defaults`() throws {
        let configuration = try ServiceConfiguration.read(Sample.minimal)
        #expect(configuration.listen == .init(host: "127.0.0.1", port: 8750, tls: nil))
        #expect(configuration.store == .sqlite(path: "paydactyl.sqlite"))
        #expect(configuration.mode == .enforce)
        #expect(configuration.trustedProxies == [])
        #expect(configuration.billing.timeZone == .utc)
        #expect(configuration.billing.silentAfter == .seconds(129_600))
        #expect(configuration.billing.paymenter.allowFrom == [])
        #expect(configuration.policy == Policy())
        #expect(configuration.panels["main"]?.budgetShare == 0.9)
        #expect(configuration.admin.tokens.first?.role == .operator)
        #expect(configuration.permissionSets == ["basic": [.websocketConnect]])
    }

    @Test func `the configuration in short form is read as well`() throws {
        let configuration = try ServiceConfiguration.read(
            """
            instance: firefrost
            listen: {host: 127.0.0.1, port: 8750}
            trusted_proxies: [127.0.0.1/32]
            store: sqlite:paydactyl.sqlite
            mode: observe
            admin: {tokens: [\(Sample.token)]}
            billing:
              paymenter: {secrets: [\(Sample.secret)], allow_from: [203.0.113.7/32], player_property: minecraft_username}
              timezone: UTC
              silent_after: 36h
            panels:
              main: {url: https://panel.example.com, application_key: \(Sample.applicationKey), client_key: \(Sample.clientKey)}
            policy: {retry: [1s, 5s, 30s, 2m, 10m, 30m], breaker: {max_customers: 5, max_share: 20%, window: 10m}}
            permission_sets: {basic: [websocket.connect]}
            server_groups: {frost-path: {names: ["Frost Path*"]}, beta: {tags: [beta]}, everything: {names: ["*"]}}
            tiers:
              awakened: {rank: 1, role: subscriber_awakened, products: [awakened], access: [{servers: frost-path, permissions: basic}]}
            """
        )
        #expect(configuration.policy == Policy())
        #expect(configuration.mode == .observe)
        #expect(configuration.billing.paymenter.playerProperty == "minecraft_username")
        #expect(configuration.billing.paymenter.allowFrom.map(\.description) == ["203.0.113.7/32"])
        #expect(configuration.catalog.groups.count == 3)
    }

    @Test func `every rule can be set`() throws {
        let text = Sample.minimal(
            "permission_sets:\n",
            """
            policy:
              grace_period: 12h
              settle: 500ms
              on_refund: keep
              late_payment: attention
              cancel: period_end
              delivery_retention: 1d
              account_retention: never
              retry: [10ms, 1s]
              attention_after: 1m
              audit_every: 30s
              breaker: {max_customers: 0, max_share: 12.5%, window: 1m}
            permission_sets:

            """
        )
        let policy = try ServiceConfiguration.read(text).policy
        #expect(policy.gracePeriod == .seconds(43_200))
        #expect(policy.settle == .milliseconds(500))
        #expect(policy.onRefund == .keep)
        #expect(policy.latePayment == .attention)
        #expect(policy.cancel == .periodEnd)
        #expect(policy.deliveryRetention == .days(1))
        #expect(policy.accountRetention == .forever)
        #expect(policy.retry.steps == [.milliseconds(10), .seconds(1)])
        #expect(policy.attentionAfter == .seconds(60))
        #expect(policy.auditEvery == .seconds(30))
        #expect(policy.breaker.maxCustomers == 0)
        #expect(policy.breaker.maxShare == 0.125)
        #expect(policy.breaker.window == .seconds(60))
    }

    @Test func `groups and tiers become the catalog`() throws {
        let text = Sample.minimal(
            "    names: [\"Frost Path*\"]\n",
            """
                names: ["Frost *"]
                identifiers: [1a7ce997]
                nodes: [3, eu]
                owners: [Ada@Example.com]
                except: {tags: [private]}

            """
        ).replacingOccurrences(
            of: "    rank: 1\n",
            with:
                "    rank: 1\n    lasts: 30d\n    grace_period: 3d\n    on_refund: end\n    late_payment: attention\n    cancel: period_end\n    account_retention: never\n    role: sir\n"
        )
        let catalog = try ServiceConfiguration.read(text).catalog
        let group = try #require(catalog.groups["frost-path"])
        #expect(group.panel == "main")
        #expect(group.match.names == [Glob("Frost *")])
        #expect(group.match.identifiers == ["1a7ce997"])
        #expect(group.match.nodes == ["3", "eu"])
        #expect(group.except?.tags == ["private"])
        #expect(group.owners == ["ada@example.com"])
        let tier = try #require(catalog.tier(product: "fire-knight", named: nil))
        #expect(tier.id == "knight")
        #expect(tier.lasts == .days(30))
        #expect(tier.gracePeriod == .days(3))
        #expect(tier.onRefund == .end)
        #expect(tier.latePayment == .attention)
        #expect(tier.cancel == .periodEnd)
        #expect(tier.accountRetention == .forever)
        #expect(tier.role == "sir")
        #expect(tier.access == [TierAccess(group: "frost-path", permissions: [.websocketConnect])])
    }

    @Test func `two tiers may share a rank, and a permission set always lets people connect`() throws {
        let text = Sample.minimal("basic: [websocket.connect]", "basic: [control.console]")
            .replacingOccurrences(of: "  knight:\n", with: "  page: {rank: 1}\n  knight:\n")
        let configuration = try ServiceConfiguration.read(text)
        #expect(configuration.catalog.tiers.count == 2)
        #expect(configuration.permissionSets["basic"] == [.websocketConnect, "control.console"])
        #expect(configuration.warnings == ["tiers.page opens no server"])
    }

    @Test(arguments: [
        "http://127.0.0.1:8080", "http://localhost/panel/", "http://[::1]:80", "https://panel.net:8443/a/",
        "HTTPS://P.net",
    ])
    func `addresses of panels lose the slash at their end`(url: String) throws {
        let configuration = try ServiceConfiguration.read(Sample.minimal("https://panel.firefrost.net", "'\(url)'"))
        let expected = url.hasSuffix("/") ? String(url.dropLast()) : url
        #expect(configuration.panels["main"]?.url.absoluteString == expected)
    }

    @Test func `secrets are kept, and shown nowhere`() throws {
        let configuration = try ServiceConfiguration.read(Sample.minimal)
        #expect(configuration.admin.tokens.first?.token.reveal() == Sample.token)
        #expect(configuration.billing.paymenter.secrets.first?.reveal() == Sample.secret)
        #expect(configuration.panels["main"]?.applicationKey.reveal() == Sample.applicationKey)
        #expect(configuration.panels["main"]?.clientKey.reveal() == Sample.clientKey)
        var dumped = "\(configuration)"
        dump(configuration, to: &dumped)
        for secret in Sample.secrets {
            #expect(!dumped.contains(secret))
        }
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("203.0.113.7", "203.0.113.7", true),
        ("203.0.113.7/32", "::ffff:203.0.113.7", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false),
        ("10.0.0.0/8", "10.0.0.1\u{0}x", false), ("10.0.0.0/8", "010.0.0.1", false), ("10.0.0.0/8", "", false),
        ("10.128.0.0/9", "10.127.0.1", false),
    ])
    func `a network contains its addresses`(network: String, address: String, contained: Bool) throws {
        #expect(try #require(CIDR(network)).contains(address) == contained)
    }

    @Test(arguments: [
        ("UTC", "2026-11-23", "2026-11-23T23:59:59.999Z"), ("Europe/Berlin", "2026-11-23", "2026-11-23T22:59:59.999Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59.999Z"),
        ("America/New_York", "2026-03-08", "2026-03-09T03:59:59.999Z"),
        ("UTC", "2028-02-29", "2028-02-29T23:59:59.999Z"),
        ("Pacific/Kiritimati", "2026-12-31", "2026-12-31T09:59:59.999Z"),
        // Midnight of the 9th does not exist there.
        ("America/Havana", "2025-03-08", "2025-03-09T04:59:59.999Z"),
    ])
    func `a day ends at midnight of the billing system`(zone: String, date: String, end: String) throws {
        let zone = try #require(BillingTimeZone(identifier: zone))
        #expect(zone.endOfDay(bareDate: date).map { rfc3339(milliseconds: $0.milliseconds) } == end)
    }

    @Test(arguments: [
        "", "2026-02-30", "2026-13-01", "2026-00-10", "0000-01-01", "2026-1-1", "2026/11/23", "20２6-11-2",
        "2026-11-23T", "-026-11-23",
    ])
    func `what is no day has no end`(text: String) {
        #expect(BillingTimeZone.utc.endOfDay(bareDate: text) == nil)
    }

    @Test func `a public address without TLS and proxies is worth a warning`() throws {
        let text = Sample.minimal("instance: firefrost\n", "instance: firefrost\nlisten: {host: 0.0.0.0}\n")
        #expect(try ServiceConfiguration.read(text).warnings.first?.hasPrefix("listen.host takes requests") == true)
    }
}
