import Foundation
import Observability
import ServiceConfiguration
import Testing

struct ChangesTests {
    private func changes(_ old: String, _ new: String) throws -> ConfigurationChanges {
        let before = try ServiceConfiguration.read(Sample.minimal)
        return try ServiceConfiguration.read(Sample.minimal(old, new)).changes(from: before)
    }

    @Test func `an equal file changes nothing`() throws {
        let changes = try changes("instance", "instance")
        #expect(changes.isEmpty)
        #expect(!changes.concernsAccess)
    }

    @Test(arguments: [
        ("instance: firefrost", "instance: other", "instance", true),
        ("instance: firefrost", "instance: firefrost\nlisten: {port: 1}", "listen", false),
        ("instance: firefrost", "instance: firefrost\nstore: sqlite:x", "store", false),
        ("https://panel.firefrost.net", "https://panel.net", "panels.main.url", true),
        (Sample.clientKey, "ptlc_anotherClientKey", "panels.main.client_key", true),
        (Sample.applicationKey, "ptla_anotherApplicationKey", "panels.main.application_key", true),
        ("    url:", "    budget_share: 50%\n    url:", "panels.main.budget_share", false),
        ("panels:\n", "panels:\n  b: {url: 'https://b.net', application_key: k, client_key: k}\n", "panels.b", false),
    ])
    func `what is pinned or opened at start needs a restart`(old: String, new: String, key: String, pinned: Bool) throws
    {
        let changes = try changes(old, new)
        #expect(changes.atRestart == [key])
        #expect(changes.pinned == (pinned ? [key] : []))
        #expect(changes.atOnce.isEmpty)
    }

    @Test(arguments: [
        ("instance: firefrost", "instance: firefrost\nmode: observe", "mode", false),
        ("instance: firefrost", "instance: firefrost\ntrusted_proxies: [10.0.0.1]", "trusted_proxies", false),
        ("instance: firefrost", "instance: firefrost\npolicy: {settle: 1s}", "policy.settle", false),
        (Sample.token, Sample.token + "x", "admin.tokens", false),
        ("    secrets:", "    allow_from: [10.0.0.1]\n    secrets:", "billing.paymenter.allow_from", false),
        (
            "    secrets: [", "    secrets: [whsec_\(Data(repeating: 1, count: 24).base64EncodedString()), ",
            "billing.paymenter.secrets", false
        ),
        ("Frost Path*", "Ice Path*", "server_groups.frost-path", true),
        ("[fire-knight]", "[ice-knight]", "tiers.knight", true),
    ])
    func `everything else takes effect at once`(old: String, new: String, key: String, access: Bool) throws {
        let changes = try changes(old, new)
        #expect(changes.atOnce == [key])
        #expect(changes.atRestart.isEmpty)
        #expect(changes.concernsAccess == access)
    }
}
