import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

@Suite(.timeLimit(.minutes(2)))
struct IntakeHealthTests {
    @Test func `health tells strangers whether, and friends why`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let live = try await community.request("GET", "/health/live")
            #expect(live.text == #"{"status":"live"}"#)
            #expect(live.header("content-type") == "application/json")
            try await community.eventually("the panel was read") {
                let ready = try await community.request("GET", "/health/ready")
                return (ready.object["panels"] as? [String: String])?["main"] == "answers"
            }
            let token = ["X-Real-IP": "1.2.3.4", "Authorization": "Bearer \(ServiceConfiguration.viewerToken)"]
            let friend = try await community.request("GET", "/health/ready", headers: token)
            #expect(friend.object["reasons"] as? [String] == [])
            let stranger = try await community.request("GET", "/health/ready", headers: ["X-Real-IP": "1.2.3.4"])
            #expect(stranger.text == #"{"status":"ready"}"#)
        }
    }

    @Test func `the metrics are text that Prometheus reads, with labels from closed sets`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            try await community.pay("77", "ada@example.test", name: "evil\"}\n# HELP")
            try await community.deliver(Data("nonsense".utf8))
            try await community.deliver(Community.plain) { $0["webhook-signature"] = nil }
            let answer = try await community.request("GET", "/metrics")
            #expect(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            let samples = try parsed(answer.text)
            #expect(samples[#"paydactyl_deliveries_total{status="202"}"#] == 1)
            #expect(samples[#"paydactyl_deliveries_total{status="400"}"#] == 1)
            #expect(samples[#"paydactyl_deliveries_total{status="401"}"#] == 1)
            #expect(samples[#"paydactyl_customers{state="converged"}"#] == 1)
            #expect(samples["paydactyl_deliveries_waiting"] == 0)
            for word in ["ada", "77", "evil", "knight", "Frost"] {
                #expect(!samples.keys.contains { $0.contains(word) })
            }
        }
    }

    @Test func `no secret is in any answer or line, and names come out as what they are`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let name = "</script><img src=x onerror=\"alert(1)\">\\\u{1B}[31m{\"admin\":true}\r\n"
            try await community.pay("77", "ada@example.test", name: name)
            try await community.deliver(Community.plain) { $0["webhook-signature"] = "v1,AAAA" }
            try await community.deliver(Data(#"{"event":"\u001b]0;x\u0007"}"#.utf8))
            community.panel.removeKey(PanelWorld.applicationKey)
            _ = try await community.api("POST", "audit")
            _ = try await community.api("POST", "customers/77/retry")
            try await community.eventually("the panel's refusal shows") {
                let panels = try await community.api("GET", "status").object["panels"] as? [String: [String: Any]]
                return panels?["main"]?["circuit"] as? String == "open"
            }
            var everything = community.logs.all
            for path in IntakeAdminTests.reading {
                let answer = try await community.api("GET", path)
                #expect(answer.status == 200)
                #expect(!answer.text.unicodeScalars.contains { $0.value < 0x20 }, "\(path)")
                everything += answer.text
            }
            everything += try await community.request("GET", "/metrics").text
            everything += try await community.request("GET", "/health/ready").text
            everything += try await community.api("GET", "customers/nobody").text
            let secrets = [
                Community.secret, String(Community.secret.dropFirst(6)), "a secret of thirty-two bytes",
                Community.token, ServiceConfiguration.viewerToken, PanelWorld.applicationKey, PanelWorld.clientKey,
            ]
            for secret in secrets { #expect(!everything.contains(secret)) }
            #expect(try await community.customer("77")["name"] as? String == name)
            for line in community.logs.all.split(separator: "\n") {
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
            }
        }
    }

    @Test func `one delivery can be followed by its ids from the wire to the panel`() async throws {
        try await withCommunity(in: Surroundings()) { community in
            let body = Data(
                #"{"event":"subscription.created","subscription_id":"1","customer_id":"77","customer_email":"ada@example.test","product_id":"awakened","status":"active"}"#
                    .utf8
            )
            try await community.deliver(body, id: "follow-me")
            try await community.converged()
            let all = try community.logs.all.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
            func lines(_ message: String) -> [[String: String]] {
                all.filter { $0["message"] as? String == message }.map { line in line.compactMapValues { $0 as? String }
                }
            }
            let recorded = try #require(lines("A delivery was recorded.").first { $0["delivery.id"] == "follow-me" })
            let number = try #require(recorded["delivery"])
            let folded = try #require(lines("A delivery was folded.").first { $0["delivery"] == number })
            #expect(folded["customers"] == "id:77")
            let changes = lines("Access was changed.").filter { $0["customer"] == "id:77" }
            #expect(changes.count == 2)
            let operations = try await community.api("GET", "operations?customer=77").items.compactMap {
                $0["number"] as? Int
            }
            #expect(changes.allSatisfy { $0["operation"].flatMap(Int.init).map(operations.contains) ?? false })
        }
    }

    /// Reads the text format strictly: every sample belongs to a family that was announced, and none comes twice.
    private func parsed(_ text: String) throws -> [String: Double] {
        #expect(text.hasSuffix("\n"))
        var kinds: [String: String] = [:]
        var samples: [String: Double] = [:]
        let sample = /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)/
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                try #require(words.count == 4)
                #expect(kinds.updateValue(String(words[3]), forKey: String(words[2])) == nil, "\(line)")
            } else if !line.hasPrefix("# HELP ") {
                let match = try #require(try sample.wholeMatch(in: line), "\(line)")
                let name = String(match.1)
                let family = ["_bucket", "_sum", "_count"].lazy.filter { name.hasSuffix($0) }
                    .map { String(name.dropLast($0.count)) }.first { kinds[$0] != nil }
                #expect(kinds[name] != nil || family != nil, "\(line)")
                let value = try #require(match.3 == "+Inf" ? Double.infinity : Double(match.3), "\(line)")
                #expect(samples.updateValue(value, forKey: name + (match.2 ?? "")) == nil, "\(line)")
            }
        }
        return samples
    }
}
