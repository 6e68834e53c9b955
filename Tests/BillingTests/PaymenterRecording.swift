import Billing
import Foundation

/// One exchange with a real Paymenter's admin API (1.5), with its traces cut short.
struct PaymenterRecording {
    var method: String
    var path: String
    var status: Int
    var contentType: String?
    var body: Data

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/paymenter")

    static let names =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))?.sorted() ?? []

    struct Malformed: Error {}

    init(_ name: String) throws {
        let file = Self.folder.appending(path: name.hasSuffix(".json") ? name : "\(name).json")
        guard let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any],
            let request = object["request"] as? [String: Any], let method = request["method"] as? String,
            let path = request["path"] as? String, let status = object["status"] as? Int,
            let headers = object["headers"] as? [String: String], let body = object["body"]
        else { throw Malformed() }
        self.method = method
        self.path = path
        self.status = status
        contentType = headers.first { $0.key.lowercased() == "content-type" }?.value
        self.body = try JSONSerialization.data(withJSONObject: body)
    }

    var answer: PaymenterAnswer {
        PaymenterAnswer(status: status, contentType: contentType, body: Array(body))
    }
}
