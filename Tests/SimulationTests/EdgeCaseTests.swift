import Foundation
import Testing

struct EdgeCaseTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `every test that the edge cases name exists`() throws {
        let document = try String(contentsOf: Self.root.appending(path: "docs/edge-cases.md"), encoding: .utf8)
        // Quoted words that are no sentence name types and keys.
        let quoted = document.matches(of: /`([^`\n]+)`/).map { String($0.1) }
        let named = Set(quoted.filter { $0.contains(" ") })
        let tests = try Self.namesOfTests()
        #expect(named.count > 40)
        #expect(named.subtracting(tests).sorted() == [])
    }

    @Test func `no edge case is left out`() throws {
        let document = try String(contentsOf: Self.root.appending(path: "docs/edge-cases.md"), encoding: .utf8)
        let numbers = document.matches(of: /(?m)^(\d+)\.(?: – (\d+)\.)?/).flatMap { match -> [Int] in
            guard let first = Int(match.1) else { return [] }
            return Array(first...(match.2.flatMap { Int($0) } ?? first))
        }
        #expect(numbers == Array(1...44))
    }

    private static func namesOfTests() throws -> Set<String> {
        let files = FileManager.default.enumerator(at: root.appending(path: "Tests"), includingPropertiesForKeys: nil)
        var names: Set<String> = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            names.formUnion(text.matches(of: /func `([^`]+)`/).map { String($0.1) })
        }
        return names
    }
}
