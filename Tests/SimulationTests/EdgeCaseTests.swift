import Foundation
import Testing

struct EdgeCaseTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `every test that the edge cases name exists`() throws {
        let document = try String(contentsOf: Self.root.appending(path: "docs/edge-cases.md"), encoding: .utf8)
        // Quoted words that are neither a sentence nor a method of a PHP class name types and keys.
        let quoted = document.matches(of: /`([^`\n]+)`/).map { String($0.1) }
        let named = Set(quoted.filter { $0.contains(" ") || $0.contains("::") })
        let tests = try Self.namesOfTests(in: "Tests", "swift", Self.swiftTests)
            .union(Self.namesOfTests(in: "paymenter-extension/tests", "php", Self.phpTests))
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

    private static func namesOfTests(
        in folder: String,
        _ kind: String,
        _ names: (_ text: String, _ file: String) -> [String]
    ) throws -> Set<String> {
        let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
        var found: Set<String> = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == kind else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            found.formUnion(names(text, file.deletingPathExtension().lastPathComponent))
        }
        return found
    }

    /// Functions that are run as tests: `@Test` stands before them, with nothing but its arguments and attributes between.
    private static func swiftTests(_ text: String, _ file: String) -> [String] {
        text.matches(of: /func `([^`]+)`/).compactMap { match in
            let before = text[..<match.range.lowerBound]
            // A blank line or the end of another function lies before everything that belongs to this one.
            let starts = ["\n\n", "\n    }\n"].compactMap { before.range(of: $0, options: .backwards)?.upperBound }
            let own = before[(starts.max() ?? before.startIndex)...]
            return own.contains("@Test") ? String(match.1) : nil
        }
    }

    private static func phpTests(_ text: String, _ file: String) -> [String] {
        text.matches(of: /public function (test\w+)\(/).map { "\(file)::\($0.1)" }
    }

    @Test func `a function that is no test proves nothing`() {
        let text = """
            struct Tests {
                @Test(arguments: [1, 2])
                func `one is a test`(_ number: Int) {
                }
                func `two is none`() {
                }

                @Test func `three is a test`() {}

                private func `four is none`() {}
            }
            """
        #expect(Self.swiftTests(text, "Tests") == ["one is a test", "three is a test"])
        let php = "public function testOne(): void {} private function testTwo(): void {}"
        #expect(Self.phpTests(php, "SomeTest") == ["SomeTest::testOne"])
    }
}
