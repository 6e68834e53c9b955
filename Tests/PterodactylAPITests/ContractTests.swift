import Foundation
import PterodactylAPI
import Testing

/// The client against everything that a real panel was seen to do.
struct ContractTests {
    static let played: [String] = {
        do {
            return try Recording.names().subtracting(Contract.left.keys).sorted()
        } catch {
            Issue.record(error)
            return []
        }
    }()

    @Test func `every recording is played or left for a reason, and none is listed that is not there`() throws {
        let names = try Recording.names()
        #expect(names.count > 350)
        #expect(Set(Self.played).union(Contract.left.keys) == names)
        #expect(Set(Self.played).isDisjoint(with: Contract.left.keys))
        #expect(Set(Contract.askedOtherwise.keys).isSubset(of: Self.played))
        #expect(Set(Contract.failureByName.keys).isSubset(of: Self.played))
        #expect(Contract.missing.isSubset(of: Self.played))
    }

    @Test(arguments: played)
    func `the client reads a recorded answer as what it is`(_ name: String) async throws {
        let recording = try Recording(name)
        let panel = TestPanel { _ in try recording.answer() }
        let client = try panel.client()
        do {
            let outcome = try await recording.play(on: client)
            expectSuccess(outcome, recording)
        } catch let error as PanelError {
            expect(error, recording)
        }
        let asked = try #require(panel.requests.first)
        if Contract.askedOtherwise[name] == nil {
            expect(asked, asRecordedIn: recording)
        }
        expectBudget(client.budget(asked.api), recording)
    }

    private func expectSuccess(_ outcome: Outcome, _ recording: Recording) {
        #expect(Contract.failureByName[recording.name] == nil, "it should have failed")
        switch recording.response.status {
        case 200..<300: expectDecoded(outcome, recording)
        case 404: expectMissing(outcome, recording)
        default:
            let isNone = if case .nodes(let nodes) = outcome { nodes.isEmpty } else { false }
            #expect(isNone && recording.name == "app-nodes-deployable-none")
        }
    }

    private func expectMissing(_ outcome: Outcome, _ recording: Recording) {
        let isMissing = if case .missing = outcome { true } else { false }
        #expect(isMissing && Contract.missing.contains(recording.name))
    }

    private func expect(_ error: PanelError, _ recording: Recording) {
        #expect(error.status == recording.response.status)
        #expect(error.request.method.rawValue == recording.request.method || isAskedOtherwise(recording))
        let first = (recording.response.body?["errors"] ?? .null).entries.first
        #expect(error.code == first?["code"].string)
        #expect(error.detail == first?["detail"].string)
        switch error.kind {
        case .invalid(let fields): expect(fields, recording)
        case .rateLimited(let wait):
            #expect(recording.response.status == 429)
            #expect(wait == recording.response.headers["retry-after"].flatMap { Int($0) }.map { .seconds($0) })
        default: #expect(error.kind == Contract.failureByName[recording.name], "\(error)")
        }
    }

    private func isAskedOtherwise(_ recording: Recording) -> Bool {
        Contract.askedOtherwise[recording.name] != nil
    }

    private func expect(_ fields: [InvalidField], _ recording: Recording) {
        #expect(recording.response.status == 422)
        let entries = (recording.response.body?["errors"] ?? .null).entries
        #expect(!fields.isEmpty)
        #expect(fields.map(\.field) == entries.map { $0["meta"]["source_field"].string })
        #expect(fields.map(\.rule) == entries.map { $0["meta"]["rule"].string })
    }

    private func expectBudget(_ status: BudgetStatus, _ recording: Recording) {
        #expect(status.calls == 1)
        let headers = recording.response.headers
        guard let limit = headers["x-ratelimit-limit"].flatMap({ Int($0) }) else { return }
        #expect(status.limit == limit)
        guard recording.response.status != 429 else {
            #expect(status.throttled == 1 && status.pause != nil)
            return
        }
        #expect(status.remaining == headers["x-ratelimit-remaining"].flatMap { Int($0) })
    }

    /// The request must be the recorded one, but for the parameters that the client adds of its own.
    private func expect(_ asked: PanelRequest, asRecordedIn recording: Recording) {
        #expect(asked.method.rawValue == recording.request.method)
        let path = String(asked.target.prefix { $0 != "?" })
        #expect(path.removingPercentEncoding == recording.path)
        var ours = Recording.query(of: asked.target)
        var theirs = recording.query
        for added in ["sort", "page", "per_page"] where theirs[added] == nil { ours[added] = nil }
        for query in [ours, theirs] { #expect(query["include"] == nil || !query["include", default: ""].isEmpty) }
        let includes = [ours.removeValue(forKey: "include"), theirs.removeValue(forKey: "include")].map(Self.names)
        #expect(includes[1].isSubset(of: includes[0].union(Self.neverIncluded)))
        #expect(ours == theirs)
        expect(body: asked.body, asRecordedIn: recording)
        #expect(asked.headers.contains(PanelHeader("Accept", "application/json")))
        #expect(asked.headers.contains { $0.name == "Content-Type" } == (asked.body != nil))
    }

    /// What a real panel can send along and the client has no use for.
    private static let neverIncluded: Set<String> = [
        "variables", "location", "nodes", "server", "servers", "eggs", "nest",
    ]

    private static func names(_ text: String?) -> Set<String> {
        Set((text ?? "").split(separator: ",").map(String.init))
    }

    private func expect(body: [UInt8]?, asRecordedIn recording: Recording) {
        guard let recorded = recording.request.body, recorded != .null else {
            #expect(body == nil)
            return
        }
        guard let body, let sent = try? JSONValue(bytes: body) else {
            Issue.record("no JSON was sent")
            return
        }
        #expect(sorted(withoutAdditions(sent, to: recorded)) == sorted(recorded))
    }

    /// What the client says where the recorded request left it to the panel, always in the panel's own sense.
    private static let additions: [String: JSONValue] = [
        "oom_disabled": .bool(true), "skip_scripts": .bool(false), "start_on_completion": .bool(false),
        "threads": .null, "additional": .array([]), "description": .string(""),
    ]

    private func withoutAdditions(_ sent: JSONValue, to recorded: JSONValue) -> JSONValue {
        guard case .object(let members) = sent else { return sent }
        var kept: [String: JSONValue] = [:]
        for (name, value) in members {
            let isAddition = recorded.members[name] == nil && Self.additions[name] == value
            if !isAddition { kept[name] = withoutAdditions(value, to: recorded[name]) }
        }
        // An account without external id may be made with null or without a word.
        if recorded.members["external_id"] == .null, kept["external_id"] == nil { kept["external_id"] = .null }
        return .object(kept)
    }

    /// The order of permissions has no meaning, and the client sends each once.
    private func sorted(_ body: JSONValue) -> JSONValue {
        var members = body.members
        if let permissions = members["permissions"] {
            let keys = Set(permissions.entries.compactMap(\.string))
            members["permissions"] = .array(keys.sorted().map { JSONValue.string($0) })
        }
        return .object(members)
    }
}
