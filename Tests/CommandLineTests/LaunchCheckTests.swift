import Entitlements
import Foundation
import Observability
import ServiceConfiguration
import Testing

@testable import Assembly

/// The part of the checklist that concerns no panel.
struct LaunchCheckTests {
    @Test func `who ends TLS decides whether deliveries can come in`() throws {
        try Self.with { configuration in
            #expect(Self.verdict("https", configuration) == .ok)
            configuration.trustedProxies = []
            #expect(Self.verdict("https", configuration) == .warn)
            configuration.listen.host = "0.0.0.0"
            #expect(Self.verdict("https", configuration) == .fail)
            configuration.listen.tls = .init(certificate: "/nowhere/at/all.pem", privateKey: "/nowhere/key.pem")
            #expect(Self.verdict("https", configuration) == .fail)
        }
    }

    @Test func `an empty allow list is told`() throws {
        try Self.with { configuration in
            #expect(Self.verdict("billing.paymenter.allow_from", configuration) == .warn)
            configuration.billing.paymenter.allowFrom = configuration.trustedProxies
            #expect(Self.verdict("billing.paymenter.allow_from", configuration) == .ok)
        }
    }

    @Test func `a rehearsal that held, a copy and a test alert are green, and a copy grows old`() throws {
        try Self.with { configuration in
            for subject in ["rehearsal", "backup", "alerts"] {
                #expect(Self.verdict(subject, configuration) == .warn)
            }
            configuration.alerts.discord = Redacted("https://discord.example/hook")
            #expect(Self.verdict("alerts", configuration) == .warn)
            for record in [LaunchRecord.rehearsed, .copied, .alerted] { try record.keep(configuration.store) }
            for subject in ["rehearsal", "backup", "alerts"] {
                #expect(Self.verdict(subject, configuration) == .ok)
            }
            try LaunchRecord.copied.keep(configuration.store, at: Date() - 3 * 86_400)
            #expect(Self.verdict("backup", configuration) == .warn)
        }
    }

    @Test func `a record that cannot be read is told, not believed`() throws {
        try Self.with { configuration in
            guard case .sqlite(let path) = configuration.store else { return }
            try Data("yesterday".utf8).write(to: URL(fileURLWithPath: path + ".rehearsed"))
            #expect(Self.verdict("rehearsal", configuration) == .warn)
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
        #expect(try LaunchRecord.alerted.last(configuration.store) == nil)
    }

    private static func verdict(
        _ subject: String,
        _ configuration: ServiceConfiguration
    ) -> CheckReport.Finding.Verdict? {
        LaunchCheck(configuration: configuration).findings.first { $0.subject == subject }?.verdict
    }

    private static func with(_ body: (inout ServiceConfiguration) throws -> Void) throws {
        let folder = try Folder()
        var configuration = try ServiceConfiguration.read(Community.configuration(panel: "http://127.0.0.1:1"))
        configuration.store = .sqlite(path: folder.url.appendingPathComponent("ledger.sqlite").path)
        try body(&configuration)
    }
}
