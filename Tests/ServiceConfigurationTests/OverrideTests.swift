import Entitlements
import Foundation
import Observability
import ServiceConfiguration
import Testing

struct OverrideTests {
    private func read(_ environment: [String: String], _ text: String = Sample.minimal) throws -> ServiceConfiguration {
        try ServiceConfiguration.read(text, environment: environment)
    }

    @Test func `variables go before the file`() throws {
        let configuration = try read([
            "PAYDACTYL_INSTANCE": "other", "PAYDACTYL_LISTEN_PORT": "99", "PAYDACTYL_POLICY_SETTLE": "5s",
            "PAYDACTYL_POLICY_RETRY": "1s, 2s,3s", "PAYDACTYL_POLICY_BREAKER_MAX_SHARE": "50%",
            "PAYDACTYL_TRUSTED_PROXIES": "10.0.0.1/32,::1",
            "PAYDACTYL_PANELS_MAIN_CLIENT_KEY": "ptlc_fromTheEnvironment",
            "PAYDACTYL_SERVER_GROUPS_FROST_PATH_NAMES": "Lava*,Ice*", "PAYDACTYL_TIERS_KNIGHT_PRODUCTS": "a,b",
            "PAYDACTYL_PERMISSION_SETS_BASIC": "file.read",
            "PAYDACTYL_ADMIN_TOKENS": "\(Sample.token)1,\(Sample.token)2",
            "PAYDACTYL_CONFIG": "x", "PAYDACTYL_URL": "x", "PAYDACTYL_TOKEN": "x", "PATH": "x", "PAYDACTYLX": "y",
        ])
        #expect(configuration.instance == "other")
        #expect(configuration.listen.port == 99)
        #expect(configuration.policy.settle == .seconds(5))
        #expect(configuration.policy.retry.steps == [.seconds(1), .seconds(2), .seconds(3)])
        #expect(configuration.policy.breaker.maxShare == 0.5)
        #expect(configuration.trustedProxies.map(\.description) == ["10.0.0.1/32", "::1"])
        #expect(configuration.panels["main"]?.clientKey.reveal() == "ptlc_fromTheEnvironment")
        #expect(configuration.catalog.groups["frost-path"]?.match.names == [Glob("Lava*"), Glob("Ice*")])
        #expect(configuration.catalog.tier("knight")?.products == ["a", "b"])
        #expect(configuration.permissionSets["basic"] == ["file.read", .websocketConnect])
        #expect(configuration.admin.tokens.map(\.name) == ["token 1", "token 2"])
    }

    @Test func `an empty list in the environment empties the list`() throws {
        let text = Sample.minimal("instance: firefrost\n", "instance: firefrost\ntrusted_proxies: [10.0.0.1]\n")
        #expect(try read(["PAYDACTYL_TRUSTED_PROXIES": ""], text).trustedProxies == [])
    }

    @Test(arguments: [
        (
            "PAYDACTYL_POLICY_SETLE", "1s",
            "PAYDACTYL_POLICY_SETLE: there is no such key; did you mean PAYDACTYL_POLICY_SETTLE?"
        ),
        ("PAYDACTYL_XYZZY", "1", "PAYDACTYL_XYZZY: there is no such key"),
        ("PAYDACTYL_", "1", "PAYDACTYL_: there is no such key"),
        ("PAYDACTYL_PANELS_SECOND_URL", "x", "PAYDACTYL_PANELS_SECOND_URL: there is no such key"),
        ("PAYDACTYL_TIERS_KNIGHT_ACCESS", "x", "PAYDACTYL_TIERS_KNIGHT_ACCESS: there is no such key"),
        (
            "PAYDACTYL_ALERTS_DISCORD_WEBHOOK_URL", "x",
            "PAYDACTYL_ALERTS_DISCORD_WEBHOOK_URL: alerts.discord.webhook_url: is no address"
        ),
        (
            "PAYDACTYL_POLICY_SETTLE", "soon",
            "PAYDACTYL_POLICY_SETTLE: policy.settle: 'soon' is no duration; write 500ms"
        ),
        ("PAYDACTYL_POLICY_SETTLE", "", "PAYDACTYL_POLICY_SETTLE: policy.settle: is empty"),
        ("PAYDACTYL_ADMIN_TOKENS", "", "PAYDACTYL_ADMIN_TOKENS: admin.tokens: is empty; without a token"),
        (
            "PAYDACTYL_ADMIN_TOKENS", "short",
            "PAYDACTYL_ADMIN_TOKENS: admin.tokens[1]: a token has at least 20 characters"
        ),
        (
            "PAYDACTYL_PANELS_MAIN_CLIENT_KEY", "change-me",
            "PAYDACTYL_PANELS_MAIN_CLIENT_KEY: panels.main.client_key: still holds"
        ),
        (
            "PAYDACTYL_PANELS_MAIN_CLIENT_KEY_FILE", "/nowhere/x",
            "PAYDACTYL_PANELS_MAIN_CLIENT_KEY_FILE: panels.main.client_key_file: there is no file '/nowhere/x'"
        ),
    ])
    func `a wrong variable is named`(name: String, value: String, message: String) {
        let problems = Sample.problems(Sample.minimal, environment: [name: value])
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix(message) == true, "\(problems)")
    }

    @Test func `a variable that could mean two things is refused`() {
        let text = Sample.minimal("  frost-path:\n", "  frost_path: {names: [x]}\n  frost-path:\n")
        let problems = Sample.problems(text, environment: ["PAYDACTYL_SERVER_GROUPS_FROST_PATH_NAMES": "x"])
        #expect(
            problems == [
                "PAYDACTYL_SERVER_GROUPS_FROST_PATH_NAMES: could mean server_groups.frost-path.names and server_groups.frost_path.names; "
                    + "write it in the file"
            ]
        )
    }

    @Test func `a secret by variable and by file at once is refused`() {
        let problems = Sample.problems(
            Sample.minimal,
            environment: ["PAYDACTYL_ADMIN_TOKENS": Sample.token, "PAYDACTYL_ADMIN_TOKENS_FILE": "/x"]
        )
        #expect(
            problems.first?.hasPrefix(
                "PAYDACTYL_ADMIN_TOKENS_FILE: admin.tokens_file: is also given by PAYDACTYL_ADMIN_TOKENS"
            ) == true
        )
    }

    @Test func `every secret can be a file beside the configuration`() throws {
        let folder = try Folder()
        _ = try folder.write("key", "ptlc_fromAFileBesideIt\r\n\n")
        _ = try folder.write("secrets", "\(Sample.secret)\n\n  \(Sample.secret)\n")
        _ = try folder.write("tokens", "\(Sample.token)1\n\(Sample.token)2\n")
        _ = try folder.write("application", "ptla_fromTheCredentials")
        let text = Sample.minimal("client_key: \(Sample.clientKey)", "client_key_file: key")
            .replacingOccurrences(of: "secrets: [\(Sample.secret)]", with: "secrets_file: secrets")
            .replacingOccurrences(of: "tokens: [\(Sample.token)]", with: "tokens_file: tokens")
            .replacingOccurrences(
                of: "application_key: \(Sample.applicationKey)",
                with: "application_key_file: ${CREDENTIALS_DIRECTORY}/application"
            )
        let file = try folder.write("paydactyl.yaml", text, mode: 0o644)
        let configuration = try ServiceConfiguration.load(
            path: file,
            environment: ["CREDENTIALS_DIRECTORY": folder.path]
        )
        #expect(configuration.panels["main"]?.clientKey.reveal() == "ptlc_fromAFileBesideIt")
        #expect(configuration.panels["main"]?.applicationKey.reveal() == "ptla_fromTheCredentials")
        #expect(configuration.billing.paymenter.secrets.map { $0.reveal() } == [Sample.secret, Sample.secret])
        #expect(configuration.admin.tokens.map { $0.token.reveal() } == ["\(Sample.token)1", "\(Sample.token)2"])
        #expect(configuration.warnings == [])
    }

    @Test func `the environment's secret goes before the file's file, and the other way round`() throws {
        let folder = try Folder()
        let key = try folder.write("key", "ptlc_fromAFile")
        let inFile = Sample.minimal("client_key: \(Sample.clientKey)", "client_key_file: /nowhere/at-all")
        let byVariable = try read(["PAYDACTYL_PANELS_MAIN_CLIENT_KEY": "ptlc_fromTheVariable"], inFile)
        #expect(byVariable.panels["main"]?.clientKey.reveal() == "ptlc_fromTheVariable")
        let byFile = try read(["PAYDACTYL_PANELS_MAIN_CLIENT_KEY_FILE": key])
        #expect(byFile.panels["main"]?.clientKey.reveal() == "ptlc_fromAFile")
    }

    @Test func `a token with a role can be a file too`() throws {
        let folder = try Folder()
        let path = try folder.write("token", Sample.token)
        let configuration = try read(
            [:],
            Sample.minimal("[\(Sample.token)]", "[{token_file: \(path), role: viewer, name: x}]")
        )
        #expect(configuration.admin.tokens.map(\.role) == [.viewer])
        #expect(configuration.admin.tokens.first?.token.reveal() == Sample.token)
    }

    @Test func `files that are missing, empty, no text, or only a folder are refused`() throws {
        let folder = try Folder()
        let path = "\(folder.path)/paydactyl.yaml"
        _ = try folder.write("empty", "\n\n")
        _ = try folder.write("short", "tiny")
        try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: "\(folder.path)/binary"))
        for (name, message) in [
            ("missing", "there is no file"), ("empty", "the file "), ("binary", "the file "), (".", "the file "),
            ("'${HOME}/x'", "is the path of a file; only ${CREDENTIALS_DIRECTORY} is filled in"),
            ("'${CREDENTIALS_DIRECTORY}/x'", "CREDENTIALS_DIRECTORY is not set"), ("''", "is the path of a file"),
        ] {
            let problems = Sample.problems(
                Sample.minimal("tokens: [\(Sample.token)]", "tokens_file: \(name)"),
                path: path
            )
            #expect(problems.count == 1, "\(name) \(problems)")
            #expect(problems.first?.hasPrefix("line 3: admin.tokens_file: \(message)") == true, "\(name) \(problems)")
        }
        let short = Sample.problems(Sample.minimal("tokens: [\(Sample.token)]", "tokens_file: short"), path: path)
        #expect(short == ["line 3: admin.tokens_file: a token has at least 20 characters; try: openssl rand -hex 32"])
        let both = Sample.problems(Sample.minimal("  tokens:", "  tokens_file: short\n  tokens:"), path: path)
        #expect(both == ["line 3: admin.tokens_file: stands beside tokens; keep one of them"])
    }

    @Test(arguments: ["ptlc_aKeyAndNoFileName", Sample.token])
    func `a secret in the place of its file's name is not repeated`(secret: String) {
        let problems = Sample.problems(Sample.minimal("client_key: \(Sample.clientKey)", "client_key_file: \(secret)"))
        #expect(problems == ["line 11: panels.main.client_key_file: there is no file of that name"])
    }

    @Test func `files with secrets that everybody can read are worth a warning`() throws {
        let folder = try Folder()
        let key = try folder.write("key", "ptlc_fromAFile", mode: 0o644)
        let text = Sample.minimal("client_key: \(Sample.clientKey)", "client_key_file: \(key)")
        let file = try folder.write("paydactyl.yaml", text, mode: 0o644)
        let warnings = try ServiceConfiguration.load(path: file, environment: [:]).warnings
        #expect(warnings.count == 2)
        #expect(warnings.allSatisfy { $0.hasSuffix("can be read by every user; chmod 600 it") })
    }

    @Test func `a file that is not there says so`() {
        let error = #expect(throws: ConfigurationError.self) {
            try ServiceConfiguration.load(path: "/nowhere/paydactyl.yaml", environment: [:])
        }
        #expect(error?.description.hasPrefix("/nowhere/paydactyl.yaml: 1 problem\n  the file does not exist") == true)
    }
}
