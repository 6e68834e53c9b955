import Foundation
import PanelSimulator

/// One exchange with a real panel, with the mails and Wings calls that it caused.
struct Recording {
    struct Mail: Equatable {
        var to: String
        var subject: String
        var hasSetUpLink: Bool
    }

    let name: String
    let method: String
    let path: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    let status: Int
    let answerHeaders: [String: String]
    /// The answer's body; a text where it is no JSON, null where there is none.
    let answer: PanelJSON
    let mails: [Mail]
    let wingsCalls: [WingsCall]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/panel").standardizedFileURL

    /// The names of all recordings.
    static func allNames() throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return Set(files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) })
    }

    init(_ name: String) throws {
        self.name = name
        let json = try Self.read("\(name).json")
        guard let request = json["request"], let response = json["response"],
            let method = request["method"]?.string, let path = request["path"]?.string,
            let status = response["status"]?.int
        else { throw PanelJSON.SyntaxError() }
        self.method = method
        self.path = path
        self.headers = (request["headers"]?.members ?? []).map { (name: $0.key, value: $0.value.string ?? "") }
        switch request["body"] {
        case nil, .null: self.body = []
        case .string(let text): self.body = Array(text.utf8)
        case .some(let value): self.body = value.bytes()
        }
        self.status = status
        let fields = (response["headers"]?.members ?? []).map { ($0.key, $0.value.string ?? "") }
        self.answerHeaders = Dictionary(uniqueKeysWithValues: fields)
        self.answer = response["body"] ?? .null
        let hasEffects = FileManager.default.fileExists(
            atPath: Self.folder.appending(path: "effects/\(name).json").path
        )
        let effects = hasEffects ? try Self.read("effects/\(name).json") : .null
        self.mails = (effects["mail"]?.array ?? []).map(Self.mail)
        self.wingsCalls = (effects["wings"]?.array ?? []).map(Self.wingsCall)
    }

    private static func read(_ file: String) throws -> PanelJSON {
        try PanelJSON(parsing: Data(contentsOf: folder.appending(path: file)))
    }

    private static func mail(_ json: PanelJSON) -> Mail {
        Mail(
            to: json["to"]?[0]?.string ?? "",
            subject: json["subject"]?.string ?? "",
            hasSetUpLink: json["text"]?.string?.contains("Setup Your Account") ?? false
        )
    }

    private static func wingsCall(_ json: PanelJSON) -> WingsCall {
        WingsCall(
            method: json["method"]?.string ?? "",
            path: json["path"]?.string ?? "",
            status: json["status"]?.int ?? 0
        )
    }
}
