import Foundation
import Testing
import Web

/// Holds what a service answered in any test to the document that describes it.
enum DescribedAPI {
    // Read once and never changed.
    nonisolated(unsafe) private static let document: [String: Any] = {
        do {
            let read = try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.json.utf8))
            return try #require(read as? [String: Any])
        } catch {
            preconditionFailure("The document cannot be read, so nothing can be held to it: \(error)")
        }
    }()

    /// What is wrong with an answer, or `[]`; what no address of the document leads to is none of its business.
    static func faults(of answer: Answer, to method: String, _ address: String) -> [String] {
        let path = address.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        let paths = document["paths"] as? [String: [String: [String: Any]]] ?? [:]
        // An address that is written out goes before one that takes any word in the same place.
        let fitting = paths.keys.filter { fits(path, $0) }.min { $0.count(of: "{") < $1.count(of: "{") }
        guard let fitting, let operation = paths[fitting]?[method.lowercased()] else { return [] }
        let schema = JSONSchema(document: document)
        let answers = operation["responses"] as? [String: [String: Any]] ?? [:]
        guard var described = answers["\(answer.status)"] else { return ["\(answer.status) is not described"] }
        if let reference = described["$ref"] as? String { described = schema.resolve(reference) ?? [:] }
        let content = described["content"] as? [String: [String: Any]] ?? [:]
        guard let (type, shape) = content.first else { return answer.text.isEmpty ? [] : ["no body is described"] }
        guard answer.header("content-type")?.hasPrefix(type) == true else {
            return ["it comes as \(answer.header("content-type") ?? "nothing"), not as \(type)"]
        }
        guard type.hasSuffix("json"), let expected = shape["schema"] as? [String: Any] else { return [] }
        return schema.faults(of: answer.object, in: expected)
    }

    private static func fits(_ path: [Substring], _ template: String) -> Bool {
        let parts = template.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == path.count && zip(path, parts).allSatisfy { $1.hasPrefix("{") || $0 == $1 }
    }
}

extension String {
    fileprivate func count(of character: Character) -> Int { filter { $0 == character }.count }
}
