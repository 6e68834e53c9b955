import Foundation
import PanelSimulator

/// Plays recorded requests against a simulated panel and tells where its answers differ.
///
/// Universal ids, moments and random words may differ, but an id must be the same wherever the recording has the same.
struct Replayer {
    let panel: SimulatedPanel
    /// From recorded universal ids to simulated ones.
    private var ids: [String: String] = [:]
    private(set) var differences: [String] = []

    init(panel: SimulatedPanel) {
        self.panel = panel
    }

    /// Plays one recording.
    mutating func play(_ name: String) throws {
        let recording = try Recording(name)
        panel.forgetEffects()
        compare(panel.respond(to: request(of: recording)), with: recording)
    }

    /// The request of a recording with the simulated panel's ids and keys.
    func request(of recording: Recording) -> PanelRequest {
        var headers = recording.headers
        for index in headers.indices where headers[index].name == "Authorization" {
            for (placeholder, token) in Keys.tokens {
                headers[index].value = headers[index].value.replacing(placeholder, with: token)
            }
        }
        return PanelRequest(
            recording.method,
            renamed(recording.path),
            headers: headers,
            body: Array(renamed(String(decoding: recording.body, as: UTF8.self)).utf8)
        )
    }

    /// Notes where an answer and its effects differ from the recorded ones.
    mutating func compare(_ response: PanelResponse, with recording: Recording) {
        let before = differences.count
        if response.status != recording.status {
            differences.append("status \(response.status) in place of \(recording.status)")
        }
        compareHeaders(response, recording)
        compareBody(response, recording)
        compareEffects(recording)
        for index in before..<differences.count { differences[index] = "\(recording.name): \(differences[index])" }
    }

    /// Notes where the status and the body of an answer differ from the recorded ones.
    mutating func compareAnswer(_ response: PanelResponse, with name: String) throws {
        let recording = try Recording(name)
        if response.status != recording.status {
            differences.append("\(name): status \(response.status) in place of \(recording.status)")
        }
        compareBody(response, recording)
    }

    private mutating func compareHeaders(_ response: PanelResponse, _ recording: Recording) {
        let names = ["content-type", "location", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"]
        for name in names where !(Exceptions.withoutLimits.contains(recording.name) && name.hasPrefix("x-")) {
            let recorded = recording.answerHeaders[name]
            let simulated = response.header(name)
            if recorded != simulated {
                differences.append("\(name) \(simulated ?? "nil") in place of \(recorded ?? "nil")")
            }
        }
    }

    private mutating func compareBody(_ response: PanelResponse, _ recording: Recording) {
        switch recording.answer {
        case .null:
            if !response.body.isEmpty { differences.append("a body in place of none") }
        case .string(let page) where recording.status == 302 || recording.status == 502:
            if page != String(decoding: response.body, as: UTF8.self) { differences.append("another page") }
        case .string(let page):
            let title = "<title>\(Self.title(page))</title>"
            let simulated = String(decoding: response.body, as: UTF8.self)
            if !simulated.contains(title) { differences.append("a page without \(title)") }
        default: compare(response.json, recording.answer, at: "", key: "")
        }
    }

    private static func title(_ page: String) -> Substring {
        guard let start = page.firstRange(of: "<title>"), let end = page.firstRange(of: "</title>") else { return "" }
        return page[start.upperBound..<end.lowerBound]
    }

    private mutating func compareEffects(_ recording: Recording) {
        guard !Exceptions.strayEffects.contains(recording.name) else { return }
        let mails = panel.mails.map { mail in
            let isSetUp = mail.link?.contains("/auth/password/reset/") ?? false
            return Recording.Mail(to: mail.to, subject: mail.subject, hasSetUpLink: isSetUp)
        }
        if mails != recording.mails { differences.append("mails \(mails) in place of \(recording.mails)") }
        let recorded = recording.wingsCalls
        let simulated = panel.wingsCalls
        guard recorded.count == simulated.count else {
            differences.append("Wings calls \(simulated) in place of \(recorded)")
            return
        }
        for (own, other) in zip(simulated, recorded) {
            let path = renamed(other.path)
            // An id that no answer ever showed (a server that was rolled back) may be any.
            let isSamePath = own.path == path || (path == other.path && own.path.count == path.count)
            if own.method != other.method || own.status != other.status || !isSamePath {
                differences.append("Wings call \(own) in place of \(other)")
            }
        }
    }

    private mutating func compare(_ own: PanelJSON, _ other: PanelJSON, at place: String, key: String) {
        if Exceptions.ignoredKeys.contains(key) { return }
        switch (own, other) {
        case (.object(let mine), .object(let theirs)):
            let names = Set(mine.map(\.key)).union(theirs.map(\.key)).sorted()
            for name in names {
                guard let left = own[name], let right = other[name] else {
                    differences.append("\(place).\(name) is \(own[name] == nil ? "missing" : "too much")")
                    continue
                }
                compare(left, right, at: "\(place).\(name)", key: name)
            }
        case (.array(let mine), .array(let theirs)):
            if mine.count != theirs.count {
                differences.append("\(place) has \(mine.count) in place of \(theirs.count) elements")
            }
            for (index, pair) in zip(mine, theirs).enumerated() {
                compare(pair.0, pair.1, at: "\(place)[\(index)]", key: "")
            }
        case (.string(let mine), .string(let theirs)): compare(mine, theirs, at: place, key: key)
        default:
            if own.text != other.text { differences.append("\(place) is \(own.text) in place of \(other.text)") }
        }
    }

    private mutating func compare(_ own: String, _ other: String, at place: String, key: String) {
        if own == other { return }
        if key.hasSuffix("_at"), Self.shape(own) == Self.shape(other) { return }
        if Self.isUUID(own), Self.isUUID(other), ids[other] == nil {
            ids[other] = own
            ids[String(other.prefix(8))] = String(own.prefix(8))
            return
        }
        if renamed(other) == own { return }
        // A ghost account's name ends in three random characters.
        if Exceptions.ghosts.contains(other), own.count == other.count, own.dropLast(3) == other.dropLast(3) { return }
        if key == "identifier", ids[other] == nil, own.count == other.count { return }
        differences.append("\(place) is \"\(own)\" in place of \"\(other)\"")
    }

    /// The text with the recording's ids replaced by the simulated panel's.
    private func renamed(_ text: String) -> String {
        // Whole ids before the short ones that they begin with.
        ids.sorted { $0.key.count > $1.key.count }.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }

    private static func shape(_ moment: String) -> String {
        String(moment.map { $0.isNumber ? "0" : $0 })
    }

    private static func isUUID(_ text: String) -> Bool {
        UUID(uuidString: text) != nil
    }
}

/// The keys that stand for the recordings' placeholders.
enum Keys {
    static let readOnly = "ptla_readonly"
    static let restricted = "ptlc_restricted"
    static let player = "ptlc_player"

    static let tokens = [
        "<application key>": PanelWorld.applicationKey,
        "<client key>": PanelWorld.clientKey,
        "<application key with users=read only>": readOnly,
        "<client key restricted to 10.0.0.0/8>": restricted,
        "<client key of a non-admin user>": player,
    ]
}

/// Where the recordings are not compared, and why.
enum Exceptions {
    /// Random words, and the texts of install scripts, which the simulator leaves out.
    static let ignoredKeys: Set<String> = ["token", "token_id", "install"]
    /// Another request was under way while these were recorded, or the address is shown in another form in the mail.
    static let strayEffects: Set<String> = ["app-servers-list-filter-not-allowed", "app-users-create-email-idn"]
    /// The recorded names of ghost accounts, which end in random characters.
    static let ghosts: Set<String> = ["newcomer0tc", "werdtagyfv"]
    /// The limit's headers were not recorded.
    static let withoutLimits: Set<String> = ["app-servers-list-include-subusers-with-rows"]
}
