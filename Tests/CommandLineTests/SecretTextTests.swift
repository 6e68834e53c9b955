import Foundation
import PanelSimulator
import Testing

/// With a secret in every place of the file that can hold one: none is printed, whatever is wrong with the file, and none by a crash.
struct SecretTextTests {
    private static let others = [
        "a11erts-channel-s3cret", "PAYM-s3cret-of-paymenters-api", "the-alerts-s3cret-of-32-bytes!!!",
        "str1pes-s3cret-of-thirty-2-byts!",
    ]

    private static let secrets: [String] = {
        let encoded = others.suffix(2).map { Data($0.utf8).base64EncodedString() }
        return others + encoded + [
            Community.token, Community.viewerToken, String(Community.secret.dropFirst(6)), PanelWorld.applicationKey,
            PanelWorld.clientKey,
        ]
    }()

    private static func configuration(_ panel: String, port: Int) -> String {
        let keys = others.suffix(2).map { "whsec_" + Data($0.utf8).base64EncodedString() }
        let stripe = "  stripe: {secrets: [\(keys[1])]}\n"
        return Community.configuration(panel: panel, port: port)
            .replacing("trusted_proxies:", with: "#trusted_proxies:")
            .replacing("\nbilling:\n", with: "\nbilling:\n\(stripe)")
            .replacing(
                "    player_property:",
                with: "    api: {url: \"http://127.0.0.1:1\", token: \(others[1])}\n    player_property:"
            )
            .replacing(
                "#alerts:",
                with: """
                    alerts:
                      discord: {webhook_url: "http://127.0.0.1:1/\(others[0])"}
                      generic: {url: "http://127.0.0.1:1/", secret: \(keys[0])}
                    #alerts:
                    """
            )
    }

    private func expectSilence(_ outcome: Program.Outcome, _ what: String) {
        for secret in Self.secrets {
            #expect(!outcome.output.contains(secret), "\(what) prints a secret")
            #expect(!outcome.errors.contains(secret), "\(what) tells a secret: \(outcome.errors)")
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `nothing that is wrong with a configuration is told with its secrets`() async throws {
        let folder = try Folder()
        let good = Self.configuration("http://127.0.0.1:1", port: 8750)
        let spoilt = [
            good, good.replacing("whsec_", with: "wh5ec_"), good.replacing("ptla_", with: "ptlc_"),
            good.replacing("webhook_url:", with: "webhook_uri:"), good.replacing("secret: ", with: "s3cret: "),
            good.replacing("application_key: ", with: "application_key: [1, "),
            good.replacing("tokens:", with: "token:"),
            good.replacing("discord: {", with: "discord: [{"),
            good.replacing("http://127.0.0.1:1/", with: "not an address "),
        ]
        for (number, text) in spoilt.enumerated() {
            try folder.write("paydactyl.yaml", text)
            for words in [
                ["check"], ["check", "--send-alert"], ["check", "--json"], ["status"], ["config", "rename", "--yes"],
            ] {
                expectSilence(try await Program.run(words, in: folder), "\(words) of \(number)")
            }
            if number > 0 { expectSilence(try await Program.run(["serve"], in: folder), "serve of \(number)") }
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `a service that crashes leaves no secret in what it wrote`() async throws {
        let folder = try Folder()
        try await withPanelSimulator(SimulatedPanel(PanelWorld.servers(["Frost Path"]))) { url, _, _ in
            // Below those that the system gives to whoever asks for any.
            let port = Int.random(in: 20_000...29_999)
            try folder.write("paydactyl.yaml", Self.configuration(url, port: port))
            let running = try Program.start(
                ["serve", "--log-level", "trace"],
                // With names it would take minutes; what memory holds is shown all the same.
                environment: ["SWIFT_BACKTRACE": "enable=yes,symbolicate=off"],
                in: folder
            )
            _ = try await running.prints("A panel was audited", toErrors: true)
            expectSilence(try await Program.run(["check"], in: folder), "check beside it")
            running.signal(SIGABRT)
            // A signal from outside is survived once its crash text is written.
            _ = try await running.prints("Backtrace took", toErrors: true)
            running.signal(SIGKILL)
            let outcome = try await running.ended()
            #expect(outcome.errors.contains("rip") || outcome.errors.contains("pc"), "registers and memory are shown")
            expectSilence(outcome, "a crash")
        }
    }
}
