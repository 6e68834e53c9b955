import ChildProcess
import Entitlements
import Foundation
import Observability
import ServiceConfiguration
import Testing

@testable import Assembly

/// The part of the checklist that concerns no panel.
struct LaunchCheckTests {
    typealias Verdict = CheckReport.Finding.Verdict

    @Test func `who ends TLS decides whether deliveries can come in`() async throws {
        try await Self.with { configuration in
            // That a proxy is trusted shows nothing of what it does.
            #expect(await Self.verdict("https", configuration) == .warn)
            configuration.trustedProxies = []
            #expect(await Self.verdict("https", configuration) == .warn)
            configuration.listen.host = "0.0.0.0"
            #expect(await Self.verdict("https", configuration) == .fail)
            configuration.listen.tls = .init(certificate: "/nowhere/at/all.pem", privateKey: "/nowhere/key.pem")
            #expect(await Self.verdict("https", configuration) == .fail)
        }
    }

    @Test func `a proxy is believed to end TLS once its public address shows it`() async throws {
        try await Self.with { configuration in
            func verdict(_ status: Int, local: Bool = false) async -> Verdict {
                var check = ProxyCheck(configuration: configuration)
                check.ask = { url in
                    let isStatus = url == "https://paydactyl.example.org/api/v1/status"
                    let body =
                        isStatus
                        ? #"{"detail":"no"}"# : local ? #"{"status":"ready","panels":{}}"# : #"{"status":"ready"}"#
                    return ServiceAnswer(
                        status: isStatus ? status : 200,
                        contentType: "application/json",
                        body: Data(body.utf8)
                    )
                }
                return await check.finding().verdict
            }
            #expect(await verdict(401) == .warn, "no public address is known")
            configuration.alerts.consoleURL = "https://paydactyl.example.org"
            #expect(await verdict(401) == .ok)
            #expect(await verdict(401, local: true) == .fail, "whoever comes is taken for somebody on this machine")
            #expect(await verdict(403) == .fail)
            #expect(await verdict(502) == .warn)
            #expect(await verdict(200) == .fail, "somebody else's page")
            configuration.alerts.consoleURL = "https://127.0.0.1:1"
            #expect(await Self.verdict("https", configuration) == .warn, "nothing is there")
        }
    }

    @Test func `a certificate that soon runs out is told, and one that ran out today has run out`() async throws {
        let folder = try Folder()
        let certificate = folder.url.appendingPathComponent("certificate.pem").path
        let openssl = try ChildProcess(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                "-keyout", folder.url.appendingPathComponent("key.pem").path, "-out", certificate,
            ],
            errors: .discarded
        )
        try #require(await openssl.exit() == .exited(0))
        let cases: [(days: Double, Verdict)] = [(0, .ok), (20, .warn), (29.9, .warn), (30.1, .fail), (40, .fail)]
        try await Self.with { configuration in
            configuration.listen.tls = .init(certificate: certificate, privateKey: "")
            for (days, expected) in cases {
                #expect(
                    await Self.verdict("https", configuration, at: Date() + days * 86_400) == expected,
                    "\(days) days on"
                )
            }
        }
    }

    @Test func `an empty allow list is told`() async throws {
        try await Self.with { configuration in
            #expect(await Self.verdict("billing.paymenter.allow_from", configuration) == .warn)
            configuration.billing.paymenter.allowFrom = configuration.trustedProxies
            #expect(await Self.verdict("billing.paymenter.allow_from", configuration) == .ok)
        }
    }

    @Test func `a rehearsal that held, a copy and a test alert are green, and a copy grows old`() async throws {
        try await Self.with { configuration in
            for subject in ["rehearsal", "backup", "alerts"] {
                #expect(await Self.verdict(subject, configuration) == .warn)
            }
            configuration.alerts.discord = Redacted("https://discord.example/hook")
            #expect(await Self.verdict("alerts", configuration) == .warn)
            for record in [LaunchRecord.rehearsed, .copied, .alerted] { try record.keep(configuration) }
            for subject in ["rehearsal", "backup", "alerts"] {
                #expect(await Self.verdict(subject, configuration) == .ok)
            }
            try LaunchRecord.copied.keep(configuration, at: Date() - 3 * 86_400)
            #expect(await Self.verdict("backup", configuration) == .warn)
        }
    }

    @Test func `what was tried with another panel or another target was not tried`() async throws {
        try await Self.with { configuration in
            configuration.alerts.discord = Redacted("https://discord.example/hook")
            for record in [LaunchRecord.rehearsed, .copied, .alerted] { try record.keep(configuration) }
            configuration.alerts.discord = Redacted("https://discord.example/another")
            #expect(await Self.verdict("alerts", configuration) == .warn)
            #expect(await Self.verdict("rehearsal", configuration) == .ok)
            configuration.panels["main"]?.url = try #require(URL(string: "https://another.example"))
            #expect(await Self.verdict("rehearsal", configuration) == .warn)
            #expect(await Self.verdict("backup", configuration) == .ok, "a copy is of the ledger")
        }
    }

    @Test func `alerts without the console's address are told to lead nowhere`() async throws {
        try await Self.with { configuration in
            #expect(await Self.verdict("alerts.console_url", configuration) == nil)
            configuration.alerts.discord = Redacted("https://discord.example/hook")
            #expect(await Self.verdict("alerts.console_url", configuration) == .warn)
            configuration.alerts.consoleURL = "https://console.example"
            #expect(await Self.verdict("alerts.console_url", configuration) == nil)
        }
    }

    @Test func `a record that cannot be read is told, not believed`() async throws {
        try await Self.with { configuration in
            guard case .sqlite(let path) = configuration.store else { return }
            try Data("yesterday".utf8).write(to: URL(fileURLWithPath: path + ".rehearsed"))
            #expect(await Self.verdict("rehearsal", configuration) == .warn)
        }
    }

    @Test func `a test alert that reaches nobody fails, and tells no secret`() async throws {
        let folder = try Folder()
        var configuration = try ServiceConfiguration.read(Community.configuration(panel: "http://127.0.0.1:1"))
        configuration.store = .sqlite(path: folder.url.appendingPathComponent("ledger.sqlite").path)
        let none = try await AlertCheck(configuration: configuration).findings()
        #expect(none.map(\.verdict) == [.fail])
        configuration.alerts.discord = Redacted("http://127.0.0.1:1/hush")
        let unreached = try await AlertCheck(configuration: configuration).findings()
        #expect(unreached.map(\.verdict) == [.fail])
        #expect(!"\(unreached)".contains("hush"))
        #expect(try LaunchRecord.alerted.last(configuration) == nil)
    }

    private static func verdict(
        _ subject: String,
        _ configuration: ServiceConfiguration,
        at now: Date = Date()
    ) async -> Verdict? {
        await LaunchCheck(configuration: configuration, now: now).findings().first { $0.subject == subject }?.verdict
    }

    private static func with(_ body: (inout ServiceConfiguration) async throws -> Void) async throws {
        let folder = try Folder()
        var configuration = try ServiceConfiguration.read(Community.configuration(panel: "http://127.0.0.1:1"))
        configuration.store = .sqlite(path: folder.url.appendingPathComponent("ledger.sqlite").path)
        try await body(&configuration)
    }
}
