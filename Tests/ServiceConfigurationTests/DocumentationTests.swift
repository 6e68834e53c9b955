import Foundation
import Testing

@testable import ServiceConfiguration

/// Holds `docs/configuration.md` to the keys that are accepted.
struct DocumentationTests {
    /// What the first column of the page's tables names, in code.
    private static func documented() throws -> [(key: String, isSecret: Bool)] {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/configuration.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            guard let row = line.prefixMatch(of: /\| `([^`]+)`( ⚿)? \|/) else { return nil }
            return (String(row.output.1), row.output.2 != nil)
        }
    }

    @Test func `the page has every accepted key once, and no other`() throws {
        let documented = try Self.documented().map(\.key)
        #expect(documented.count == Set(documented).count)
        #expect(Set(documented).subtracting(AcceptedKey.all.map(\.path)) == [])
        #expect(Set(AcceptedKey.all.map(\.path)).subtracting(documented) == [])
    }

    @Test func `the page marks the secrets, which can be in files`() throws {
        let marked = Set(try Self.documented().filter(\.isSecret).map(\.key))
        #expect(marked == Set(AcceptedKey.all.filter(\.shape.isSecret).map(\.path)))
    }
}
