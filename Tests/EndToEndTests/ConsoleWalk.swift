import Foundation
import Testing

/// A walk over the console by its links: every page that somebody can come to from the first.
struct ConsoleWalk {
    /// The pages by their addresses.
    private(set) var pages: [String: Answer] = [:]

    /// So many pages are enough for any world of a test.
    private static let most = 300

    init(_ visitor: ConsoleVisitor, from start: [String] = ["/"]) async throws {
        var next = start
        while let path = next.popLast() {
            guard pages[path] == nil, pages.count < Self.most else { continue }
            let page = try await visitor.get(path)
            pages[path] = page
            next += page.text.matches(of: /href="(\/[^"]*)"/).map { Self.unescaped(String($0.output.1)) }
        }
    }

    /// The kinds of pages that were seen, as `/customers/{}`.
    var kinds: Set<String> {
        Set(pages.keys.map(Self.kind))
    }

    static func kind(_ path: String) -> String {
        let parts = path.prefix { $0 != "?" }.split(separator: "/")
        guard let first = parts.first else { return "/" }
        return parts.count == 1 || first == "assets" ? "/" + parts.joined(separator: "/") : "/\(first)/{}"
    }

    private static func unescaped(_ text: String) -> String {
        text.replacing("&amp;", with: "&").replacing("&#39;", with: "'").replacing("&quot;", with: "\"")
    }
}
