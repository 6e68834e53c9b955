import Foundation
import ServiceConfiguration
import Testing

/// One text of the small sample replaced by a wrong one, and how the message about it begins.
struct Mistake: CustomTestStringConvertible, Sendable {
    let old: String
    let new: String
    let message: String

    init(_ old: String, _ new: String, _ message: String) {
        self.old = old
        self.new = new
        self.message = message
    }

    var testDescription: String { "\(new) → \(message)" }
}

private func policy(_ text: String, _ message: String) -> Mistake {
    Mistake("permission_sets:\n", "policy:\n  \(text)\npermission_sets:\n", message)
}

private func tier(_ text: String, _ message: String) -> Mistake {
    Mistake("    rank: 1\n", "    rank: 1\n    \(text)\n", message)
}

private func group(_ text: String, _ message: String) -> Mistake {
    Mistake("    names: [\"Frost Path*\"]\n", "    \(text)\n", message)
}

private func top(_ text: String, _ message: String) -> Mistake {
    Mistake("instance: firefrost\n", "instance: firefrost\n\(text)\n", message)
}

private func panel(_ text: String, _ message: String) -> Mistake {
    Mistake("    url: https://panel.firefrost.net\n", "    \(text)\n", message)
}

struct InvalidConfigurationTests {
    private func expect(_ mistake: Mistake) {
        let problems = Sample.problems(Sample.minimal(mistake.old, mistake.new))
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix(mistake.message) == true, "\(problems)")
        for secret in Sample.secrets {
            #expect(!problems.joined().contains(secret))
        }
    }

    @Test func `the small sample is right`() {
        #expect(Sample.problems(Sample.minimal) == [])
    }

    @Test(arguments: [
        tier("luckperms: {servers: frost-path}", "line 20: tiers.knight.luckperms.group: is missing"),
        tier("luckperms: {group: knight}", "line 20: tiers.knight.luckperms.servers: is missing"),
        tier(
            "luckperms: {group: knight, servers: frost}",
            "line 20: tiers.knight.luckperms.servers: 'frost' is no server group"
        ),
        tier(
            "luckperms: {group: 'a; op b', servers: frost-path}",
            "line 20: tiers.knight.luckperms.group: 'a; op b' is no group"
        ),
        tier("commands: {grant: [say hi]}", "line 20: tiers.knight.commands.servers: is missing"),
        tier("commands: {servers: frost-path}", "line 20: tiers.knight.commands: sends nothing"),
        tier(
            "commands: {servers: frost-path, grant: ['say {name}']}",
            "line 20: tiers.knight.commands.grant[1]: '{name}' is no placeholder; write one of {player}, {uuid}, {tier}, {expires_unix}"
        ),
        tier(
            "commands: {servers: frost-path, end: [\"say a\\nop b\"]}",
            "line 20: tiers.knight.commands.end[1]: "
        ),
        top("rank_targets: {network: {servers: frost-path}}", "line 2: rank_targets.network.speaker: is missing"),
        top(
            "rank_targets: {network: {servers: x, speaker: a}}",
            "line 2: rank_targets.network.servers: 'x' is no server group"
        ),
        Mistake(
            "    secrets:",
            "    bedrock_prefix: \";\"\n    secrets:",
            "line 6: billing.paymenter.bedrock_prefix: ';' is no prefix"
        ),
    ])
    func `what would go to a console is held to its form`(mistake: Mistake) {
        expect(mistake)
    }

    @Test(arguments: [
        top("listn: {port: 1}", "line 2: listn: there is no such key; did you mean listen?"),
        top(
            "xyzzy: 1",
            "line 2: xyzzy: there is no such key; here may stand admin, alerts, billing, instance, listen, mode, panels,"
        ),
        policy("grace_perod: 7d", "line 13: policy.grace_perod: there is no such key; did you mean grace_period?"),
        tier("grace: 7d", "line 20: tiers.knight.grace: there is no such key; here may stand access,"),
        tier("prodcuts: [x]", "line 20: tiers.knight.prodcuts: there is no such key; did you mean products?"),
        group(
            "nmaes: [x]\n    names: [x]",
            "line 16: server_groups.frost-path.nmaes: there is no such key; did you mean names?"
        ),
        Mistake(
            "{servers: frost-path, permissions: basic}",
            "{servers: frost-path, permissions: basic, server: x}",
            "line 21: tiers.knight.access[1].server: there is no such key; did you mean servers?"
        ),
        panel(
            "url: https://p.net\n    client_kye: x",
            "line 10: panels.main.client_kye: there is no such key; did you mean client_key?"
        ),
        Mistake(
            "    secrets:",
            "    secretsfile: /x\n    secrets:",
            "line 6: billing.paymenter.secretsfile: there is no such key; did you mean secrets_file?"
        ),
    ])
    func `an unknown key is refused with the one that was likely meant`(mistake: Mistake) {
        expect(mistake)
    }

    @Test(arguments: [
        top(
            "alerts: {discord: {webhook_url: x-secret-thing}}",
            "line 2: alerts.discord.webhook_url: is no address; write one that begins with https://"
        ),
        top("alerts: {discord: {}}", "line 2: alerts.discord.webhook_url: is missing"),
        top(
            "alerts: {generic: {url: http://example.com/x, secret: whsec_\(String(repeating: "A", count: 32))}}",
            "line 2: alerts.generic.url: is no address"
        ),
        top("alerts: {generic: {url: https://example.com/x}}", "line 2: alerts.generic.secret: is missing"),
        top("alerts: {slack: {}}", "line 2: alerts.slack: there is no such key"),
        Mistake(
            "  paymenter:\n",
            "  stripe: {secrets: [x]}\n  paymenter:\n",
            "line 5: billing.stripe: Stripe is not part of this version yet"
        ),
        Mistake(
            "    secrets:",
            "    api: {url: x}\n    secrets:",
            "line 6: billing.paymenter.api: asking Paymenter itself is not part of this version yet"
        ),
        top(
            "store: postgres://localhost/x",
            "line 2: store: PostgreSQL is not part of this version yet; write sqlite:PATH"
        ),
    ])
    func `a key of a later version is refused by name`(mistake: Mistake) {
        expect(mistake)
    }

    @Test(arguments: [
        policy(
            "grace_period: 7x",
            "line 13: policy.grace_period: '7x' is no duration; write 500ms, 30s, 5m, 12h or 7d"
        ),
        policy("settle: 0s", "line 13: policy.settle: '0s' is too short"),
        policy("settle: -5s", "line 13: policy.settle: '-5s' is no duration"),
        policy("settle: 60", "line 13: policy.settle: '60' is no duration"),
        policy("settle: 1.5h", "line 13: policy.settle: '1.5h' is no duration"),
        policy("settle: 1h30m", "line 13: policy.settle: '1h30m' is no duration"),
        policy("settle: ٣s", "line 13: policy.settle: '٣s' is no duration"),
        policy("settle: 99999999999999999999d", "line 13: policy.settle: "),
        policy("settle: 9000000000000000000d", "line 13: policy.settle: "),
        policy("settle: 36501d", "line 13: policy.settle: '36501d' is too long; at most 36500d"),
        policy("settle: \"\"", "line 13: policy.settle: '' is no duration"),
        policy(
            "account_retention: ever",
            "line 13: policy.account_retention: 'ever' is no duration; write 500ms, 30s, 5m, 12h or 7d, or never"
        ),
        policy("grace_period: never", "line 13: policy.grace_period: 'never' is no duration"),
        policy("retry: []", "line 13: policy.retry: holds 1 to 50 durations"),
        policy("retry: [1s, x]", "line 13: policy.retry[2]: 'x' is no duration"),
        policy("retry: 1s", "line 13: policy.retry: is a list; write [one, another]"),
        policy(
            "on_refund: maybe",
            "line 13: policy.on_refund: 'maybe' is not allowed; write one of suspend, end, keep"
        ),
        policy(
            "late_payment: x",
            "line 13: policy.late_payment: 'x' is not allowed; write one of reactivate, attention"
        ),
        policy("cancel: later", "line 13: policy.cancel: 'later' is not allowed; write one of now, period_end"),
        policy("breaker: {max_share: 20}", "line 13: policy.breaker.max_share: '20' is no share; write a percentage"),
        policy("breaker: {max_share: 120%}", "line 13: policy.breaker.max_share: '120%' is no share"),
        policy("breaker: {max_share: nan%}", "line 13: policy.breaker.max_share: 'nan%' is no share"),
        policy(
            "breaker: {max_customers: -1}",
            "line 13: policy.breaker.max_customers: '-1' is not allowed; write a whole number from 0"
        ),
        policy("breaker: {max_customers: many}", "line 13: policy.breaker.max_customers: 'many' is not allowed"),
        policy("breaker: 5", "line 13: policy.breaker: is a section of keys: max_customers, max_share, window"),
        policy("settle:", "line 13: policy.settle: has no value; write one or remove the key"),
        policy("settle: [1s]", "line 13: policy.settle: is a single value, not a list or a section"),
        policy("settle: {a: b}", "line 13: policy.settle: is a single value, not a list or a section"),
    ])
    func `rules about time and money are checked`(mistake: Mistake) {
        expect(mistake)
    }

    @Test(arguments: [
        Mistake("instance: firefrost\n", "", "instance: is missing; write a name of letters, digits and -"),
        Mistake(
            "instance: firefrost",
            "instance: fire_frost",
            "line 1: instance: 'fire_frost' is not allowed; write letters, digits and -"
        ),
        Mistake("instance: firefrost", "instance: fürst", "line 1: instance: 'fürst' is not allowed"),
        Mistake("instance: firefrost", "instance: \"\"", "line 1: instance: '' is not allowed"),
        top("mode: enforced", "line 2: mode: 'enforced' is not allowed; write one of observe, enforce"),
        top("listen: {port: 0}", "line 2: listen.port: '0' is not allowed; write a whole number from 1 to 65535"),
        top("listen: {port: 65536}", "line 2: listen.port: '65536' is not allowed"),
        top("listen: {port: http}", "line 2: listen.port: 'http' is not allowed"),
        top("listen: {host: 'a b'}", "line 2: listen.host: 'a b' is no address"),
        top("listen: 8750", "line 2: listen: is a section of keys: host, port, tls"),
        top(
            "listen: {tls: {certificate: /nowhere/c.pem, private_key: /etc/passwd}}",
            "line 2: listen.tls.certificate: there is no file"
        ),
        top("trusted_proxies: [10.0.0.1/33]", "line 2: trusted_proxies[1]: '10.0.0.1/33' is no network"),
        top("trusted_proxies: [10.0.0.1/24]", "line 2: trusted_proxies[1]: '10.0.0.1/24' is no network"),
        top("trusted_proxies: [10.0.0/24]", "line 2: trusted_proxies[1]: '10.0.0/24' is no network"),
        top("trusted_proxies: [localhost]", "line 2: trusted_proxies[1]: 'localhost' is no network"),
        top("trusted_proxies: [0.0.0.0/0]", "line 2: trusted_proxies[1]: '0.0.0.0/0' would believe everybody"),
        top("trusted_proxies: 10.0.0.1", "line 2: trusted_proxies: is a list"),
        top("trusted_proxies: [[10.0.0.1]]", "line 2: trusted_proxies[1]: is a single value"),
        top("store: paydactyl.sqlite", "line 2: store: 'paydactyl.sqlite' is no store; write sqlite:PATH"),
        top("store: 'sqlite:'", "line 2: store: 'sqlite:' is no store"),
        top("store: 'sqlite::memory:'", "line 2: store: 'sqlite::memory:' is no store"),
        top("store: mysql:x", "line 2: store: 'mysql:x' is no store"),
        Mistake(
            "  paymenter:\n",
            "  timezone: Mars/Olympus\n  paymenter:\n",
            "line 5: billing.timezone: 'Mars/Olympus' is no time zone; write UTC"
        ),
        Mistake(
            "  paymenter:\n",
            "  timezone: Europe/Berln\n  paymenter:\n",
            "line 5: billing.timezone: 'Europe/Berln' is no time zone; did you mean Europe/Berlin?"
        ),
        Mistake("  paymenter:\n", "  timezone: PST\n  paymenter:\n", "line 5: billing.timezone: 'PST' is no time zone"),
        Mistake(
            "  paymenter:\n",
            "  silent_after: 0d\n  paymenter:\n",
            "line 5: billing.silent_after: '0d' is too short"
        ),
        Mistake(
            "    secrets:",
            "    allow_from: [x]\n    secrets:",
            "line 6: billing.paymenter.allow_from[1]: 'x' is no network"
        ),
    ])
    func `the service's own keys are checked`(mistake: Mistake) {
        expect(mistake)
    }

    @Test(arguments: [
        panel("url: panel.net", "line 9: panels.main.url: 'panel.net' is no address"),
        panel(
            "url: http://panel.net",
            "line 9: panels.main.url: 'http://panel.net' would carry the panel's keys in the clear; use https://"
        ),
        panel("url: http://127.0.0.1.evil.net", "line 9: panels.main.url: 'http://127.0.0.1.evil.net' would carry"),
        panel("url: http://localhost.evil.net", "line 9: panels.main.url: 'http://localhost.evil.net' would carry"),
        panel("url: ftp://panel.net", "line 9: panels.main.url: 'ftp://panel.net' is no web address"),
        panel(
            "url: https://user:hunter2@panel.net",
            "line 9: panels.main.url: an address holds no user name or password"
        ),
        panel("url: 'https://panel.net/?a=b'", "line 9: panels.main.url: 'https://panel.net/?a=b' has a port or parts"),
        panel("url: https://panel.net:99999", "line 9: panels.main.url: 'https://panel.net:99999' has a port or parts"),
        panel("url: 'https://'", "line 9: panels.main.url: 'https://' is no address"),
        panel("url: 'https://a b'", "line 9: panels.main.url: 'https://a b' is no address"),
        panel("url: https://p.net\n    budget_share: 0%", "line 10: panels.main.budget_share: '0%' leaves no calls"),
        panel("url: https://p.net\n    budget_share: 0.9", "line 10: panels.main.budget_share: '0.9' is no share"),
        panel("# no address", "line 8: panels.main.url: is missing; write one such as https://panel.example.org"),
        Mistake(
            "    client_key: \(Sample.clientKey)\n",
            "",
            "line 8: panels.main.client_key: is missing; write a client API key"
        ),
        Mistake(
            "client_key: \(Sample.clientKey)",
            "client_key: \(Sample.applicationKey)",
            "line 11: panels.main.client_key: begins with ptla_, so it is an application key"
        ),
        Mistake(
            "application_key: \(Sample.applicationKey)",
            "application_key: \(Sample.clientKey)",
            "line 10: panels.main.application_key: begins with ptlc_, so it is a client key"
        ),
        Mistake(
            "client_key: \(Sample.clientKey)",
            "client_key: \"a\\nb\"",
            "line 11: panels.main.client_key: a panel's key is made of visible ASCII"
        ),
        Mistake(
            "client_key: \(Sample.clientKey)",
            "client_key: ''",
            "line 11: panels.main.client_key: is empty or longer"
        ),
        Mistake(
            "client_key: \(Sample.clientKey)",
            "client_key: ptlc_…",
            "line 11: panels.main.client_key: still holds the sample's placeholder"
        ),
        Mistake(
            "client_key: \(Sample.clientKey)",
            "client_key: {\(Sample.clientKey)}",
            "line 11: panels.main.client_key: is a single value"
        ),
        Mistake("  main:\n", "  ma.in:\n", "line 8: panels.ma.in: a name is made of letters, digits, - and _"),
    ])
    func `panels are checked`(mistake: Mistake) {
        if mistake.new == "  ma.in:\n" {
            let problems = Sample.problems(Sample.minimal(mistake.old, mistake.new))
            #expect(problems.contains { $0.hasPrefix(mistake.message) })
        } else {
            expect(mistake)
        }
    }

    @Test(arguments: [
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: []",
            "line 3: admin.tokens: is empty; without a token nobody can look in"
        ),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: [tooshort]",
            "line 3: admin.tokens[1]: a token has at least 20 characters"
        ),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: ['']",
            "line 3: admin.tokens[1]: a token has at least 20 characters"
        ),
        Mistake("tokens: [\(Sample.token)]", "tokens: \(Sample.token)", "line 3: admin.tokens: is a list"),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: [a-long-random-token]",
            "line 3: admin.tokens[1]: still holds the sample's placeholder"
        ),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: [CHANGE-ME-CHANGE-ME-CHANGE-ME]",
            "line 3: admin.tokens[1]: still holds the sample's placeholder"
        ),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: ['\(Sample.token) x']",
            "line 3: admin.tokens[1]: a token is made of visible ASCII"
        ),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: [\(Sample.token), \(Sample.token)]",
            "line 3: admin.tokens: holds one token twice"
        ),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: [{token: \(Sample.token), role: boss}]",
            "line 3: admin.tokens[1].role: 'boss' is not allowed; write one of viewer, operator"
        ),
        Mistake("tokens: [\(Sample.token)]", "tokens: [{role: viewer}]", "line 3: admin.tokens[1].token: is missing"),
        Mistake("tokens: [\(Sample.token)]", "tokens: [{}]", "line 3: admin.tokens[1].token: is missing"),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: [{token: \(Sample.token), rôle: viewer}]",
            "line 3: admin.tokens[1].(a key): there is no such key; did you mean role?"
        ),
        Mistake(
            "tokens: [\(Sample.token)]",
            "tokens: [{token: \(Sample.token), name: a}, {token: x\(Sample.token), name: a}]",
            "line 3: admin.tokens: gives two tokens the name 'a'"
        ),
        Mistake("  tokens: [\(Sample.token)]", "  # none", "admin.tokens"),
        Mistake(
            "secrets: [\(Sample.secret)]",
            "secrets: []",
            "line 6: billing.paymenter.secrets: is empty; without a secret no delivery can be believed"
        ),
        Mistake(
            "secrets: [\(Sample.secret)]",
            "secrets: [whsec_c2hvcnQ=]",
            "line 6: billing.paymenter.secrets[1]: a webhook secret has at least 24 bytes"
        ),
        Mistake(
            "secrets: [\(Sample.secret)]",
            "secrets: ['whsec_not base64 at all, is it?']",
            "line 6: billing.paymenter.secrets[1]: what follows whsec_ must be standard base64"
        ),
        Mistake(
            "secrets: [\(Sample.secret)]",
            "secrets: [plain-text-of-more-than-24-bytes]",
            "line 6: billing.paymenter.secrets[1]: a webhook secret begins with whsec_"
        ),
        Mistake(
            "secrets: [\(Sample.secret)]",
            "secrets: [whsec_…]",
            "line 6: billing.paymenter.secrets[1]: still holds the sample's placeholder"
        ),
        Mistake(
            "secrets: [\(Sample.secret)]",
            "secrets: \(Sample.secret)",
            "line 6: billing.paymenter.secrets: is a list"
        ),
        Mistake(
            "secrets: [\(Sample.secret)]",
            "secrets: {\(Sample.secret): x}",
            "line 6: billing.paymenter.secrets: is a list"
        ),
        Mistake(
            "    secrets: [\(Sample.secret)]",
            "    player_property: x",
            "line 5: billing.paymenter.secrets: is missing; write a list of webhook secrets"
        ),
    ])
    func `tokens and webhook secrets are checked`(mistake: Mistake) {
        if mistake.message == "admin.tokens" {
            let problems = Sample.problems(Sample.minimal(mistake.old, mistake.new))
            #expect(problems.contains { $0.hasPrefix("line 2: admin.tokens: is missing") })
        } else {
            expect(mistake)
        }
    }

    @Test(arguments: [
        Mistake(
            "basic: [websocket.connect]",
            "basic: [control.consle]",
            "line 13: permission_sets.basic[1]: 'control.consle' is no permission of the panel; did you mean control.console?"
        ),
        Mistake(
            "basic: [websocket.connect]",
            "basic: ['*']",
            "line 13: permission_sets.basic[1]: '*' is no permission of the panel; write one such as"
        ),
        Mistake("basic: [websocket.connect]", "basic: []", "line 13: permission_sets.basic: is empty"),
        Mistake("basic: [websocket.connect]", "basic: websocket.connect", "line 13: permission_sets.basic: is a list"),
        group("{}", "line 15: server_groups.frost-path: matches nothing; write at least one of names, external_ids"),
        group("owners: [ada@example.com]", "line 15: server_groups.frost-path: matches nothing"),
        group("names: []", "line 16: server_groups.frost-path.names: is empty"),
        group("names: ['']", "line 16: server_groups.frost-path.names[1]: '' is not allowed"),
        group("names: [x]\n    except: {}", "line 17: server_groups.frost-path.except: matches nothing"),
        group("names: [x]\n    except: {names: []}", "line 17: server_groups.frost-path.except.names: is empty"),
        group("tags: ['[beta]']", "line 16: server_groups.frost-path.tags[1]: '[beta]' is no tag"),
        group("tags: [two words]", "line 16: server_groups.frost-path.tags[1]: 'two words' is no tag"),
        group("names: [x]\n    owners: [ada]", "line 17: server_groups.frost-path.owners[1]: 'ada' is no e-mail"),
        group(
            "names: [x]\n    owners: [a@b@c]",
            "line 17: server_groups.frost-path.owners[1]: what stands there is no e-mail"
        ),
        group(
            "identifiers: [lobby]",
            "line 16: server_groups.frost-path.identifiers[1]: 'lobby' is no server's identifier"
        ),
        group(
            "names: [x]\n    panel: other",
            "line 17: server_groups.frost-path.panel: there is no panel 'other'; write one of main"
        ),
        Mistake(
            "  main:\n",
            "  first:\n",
            "line 15: server_groups.frost-path.panel: there is no panel 'main' (which is meant where none is written); write one of first"
        ),
        Mistake(
            "servers: frost-path",
            "servers: frost-pth",
            "line 21: tiers.knight.access[1].servers: 'frost-pth' is no server group; did you mean frost-path?"
        ),
        Mistake(
            "servers: frost-path",
            "servers: lava",
            "line 21: tiers.knight.access[1].servers: 'lava' is no server group; defined are frost-path"
        ),
        Mistake(
            "permissions: basic",
            "permissions: basics",
            "line 21: tiers.knight.access[1].permissions: 'basics' is no permission set; did you mean basic?"
        ),
        Mistake(
            "{servers: frost-path, permissions: basic}",
            "{servers: frost-path}",
            "line 21: tiers.knight.access[1].permissions: is missing; write the name of a permission set"
        ),
        Mistake(
            "[{servers: frost-path, permissions: basic}]",
            "{servers: frost-path, permissions: basic}",
            "line 21: tiers.knight.access: is a list of sections"
        ),
        Mistake(
            "[{servers: frost-path, permissions: basic}]",
            "[frost-path]",
            "line 21: tiers.knight.access[1]: is a section with permissions, servers"
        ),
        Mistake("    rank: 1\n", "", "line 18: tiers.knight.rank: is missing; write a whole number"),
        Mistake("rank: 1", "rank: high", "line 19: tiers.knight.rank: 'high' is not allowed"),
        Mistake("rank: 1", "rank: 1.5", "line 19: tiers.knight.rank: '1.5' is not allowed"),
        Mistake(
            "[fire-knight]",
            "[fire-knight, fire-knight]",
            "line 20: tiers.knight.products[2]: 'fire-knight' stands twice in tiers.knight"
        ),
        Mistake(
            "  knight:\n",
            "  page: {rank: 1, products: [fire-knight]}\n  knight:\n",
            "line 21: tiers.knight.products[1]: 'fire-knight' is already sold by tiers.page; a product belongs to one tier"
        ),
        Mistake("[fire-knight]", "[\"a\\nb\"]", "line 20: tiers.knight.products[1]: 'a\u{FFFD}b' is not allowed"),
        tier("lasts: 0d", "line 20: tiers.knight.lasts: '0d' is too short"),
        tier(
            "on_refund: nothing",
            "line 20: tiers.knight.on_refund: 'nothing' is not allowed; write one of suspend, end, keep"
        ),
        tier("grace_period: soon", "line 20: tiers.knight.grace_period: 'soon' is no duration"),
    ])
    func `groups, permissions and tiers are checked`(mistake: Mistake) {
        expect(mistake)
    }

    @Test(arguments: [
        Mistake(
            "instance: firefrost\n",
            "instance: firefrost\ninstance: other\n",
            "line 1: the key instance stands twice in one section"
        ),
        Mistake("    rank: 1\n", "    rank: 1\n    rank: 2\n", "line 19: the key rank stands twice in one section"),
        Mistake(
            "  knight:\n",
            "  knight: {rank: 4}\n  knight:\n",
            "line 18: the key knight stands twice in one section"
        ),
        Mistake("admin:\n", "admin: [\n", "line "),
        Mistake("admin:\n", "\tadmin:\n", "line 2: the file is no valid YAML"),
        Mistake("admin:\n", "admin: *nobody\n", "line 2: the file is no valid YAML: found undefined alias"),
        Mistake("instance: firefrost\n", "instance: \u{0}\n", "the file is no valid YAML"),
        Mistake("instance: firefrost\n", "instance: firefrost\n[a, b]: c\n", "line 2: a key is a single word"),
    ])
    func `what is no sound YAML is refused without being repeated`(mistake: Mistake) {
        let problems = Sample.problems(Sample.minimal(mistake.old, mistake.new))
        #expect(problems.first?.hasPrefix(mistake.message) == true, "\(problems)")
        for secret in Sample.secrets {
            #expect(!problems.joined().contains(secret))
        }
    }

    @Test(arguments: ["", "# nothing\n", "---\n", "~"])
    func `an empty file lacks everything that is needed`(text: String) {
        let keys = Sample.problems(text).map { $0.split(separator: ":").first.map(String.init) ?? "" }
        #expect(Set(keys) == ["instance", "admin.tokens", "billing.paymenter.secrets", "panels", "tiers"])
    }

    @Test(arguments: ["text", "[a, b]", "a: b\n---\nc: d"])
    func `a file that is no section is refused`(text: String) {
        #expect(Sample.problems(text).count == 1)
    }

    @Test func `deep and blown-up files are refused`() {
        #expect(Sample.problems(String(repeating: "[", count: 100_000)).count == 1)
        #expect(
            Sample.problems("a: " + String(repeating: "{a: ", count: 500) + "1" + String(repeating: "}", count: 500))
                .count == 1
        )
        let levels = (1...9).map { level in
            let aliases = Array(repeating: "*l\(level - 1)", count: 9).joined(separator: ", ")
            return "l\(level): &l\(level) [\(aliases)]\n"
        }
        #expect(Sample.problems("l0: &l0 [x]\n" + levels.joined()).count == 1)
    }

    @Test func `all problems are told at once, by line, without secrets`() throws {
        let text = Sample.minimal("rank: 1", "rank: x")
            .replacingOccurrences(of: "instance: firefrost", with: "instance: a_b\nmood: bad")
            .replacingOccurrences(of: "servers: frost-path", with: "servers: nowhere")
        let error = #expect(throws: ConfigurationError.self) { try ServiceConfiguration.read(text) }
        let description = try #require(error?.description)
        #expect(
            description.split(separator: "\n").map { String($0.prefix(28)) } == [
                "paydactyl.yaml: 4 problems", "  line 1: instance: 'a_b' is", "  line 2: mood: there is no ",
                "  line 20: tiers.knight.rank",
                "  line 22: tiers.knight.acce",
            ]
        )
    }
}
