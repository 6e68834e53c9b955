import Entitlements
import Foundation
import Observability
import Testing

@testable import ServiceConfiguration

struct ExampleTests {
    /// The sample with every key that it only shows made active.
    private static let full = Sample.example.split(separator: "\n", omittingEmptySubsequences: false)
        .map { uncommented(String($0)) }.joined(separator: "\n")

    private static func uncommented(_ line: String) -> String {
        let rest = line.drop { $0 == " " }
        let isKey = rest.prefixMatch(of: /#(- \{|[a-z_]+:)/) != nil && !rest.contains("_file:")
        return isKey ? String(line.prefix(line.count - rest.count)) + String(rest.dropFirst()) : line
    }

    @Test func `the sample is a configuration once its placeholders are replaced`() throws {
        let configuration = try ServiceConfiguration.read(Sample.example)
        #expect(configuration.instance == "firefrost")
        #expect(configuration.catalog.tiers.count == 6)
        #expect(configuration.catalog.tiers.flatMap(\.products).count == 10)
        #expect(configuration.policy == Policy())
        #expect(configuration.mode == .enforce)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `what the sample shows as defaults are the defaults`() throws {
        let folder = try Folder()
        let tls = [try folder.write("certificate.pem", "x"), try folder.write("private-key.pem", "x")]
        let text = Self.full
            .replacingOccurrences(of: "/etc/paydactyl/certificate.pem", with: tls[0])
            .replacingOccurrences(of: "/etc/paydactyl/private-key.pem", with: tls[1])
        let full = try ServiceConfiguration.read(text)
        let plain = try ServiceConfiguration.read(Sample.example)
        #expect(full.policy == plain.policy)
        #expect(full.billing.timeZone == plain.billing.timeZone)
        #expect(full.billing.silentAfter == plain.billing.silentAfter)
        #expect(full.panels == plain.panels)
        #expect(full.listen.tls == .init(certificate: tls[0], privateKey: tls[1]))
        #expect(full.admin.tokens.map(\.role) == [.operator, .viewer])
        #expect(full.admin.tokens.map(\.name) == ["token 1", "status page"])
        #expect(full.catalog.tier("awakened")?.lasts == .days(30))
        #expect(full.catalog.groups["frost-path"]?.except?.isEmpty == false)
        let dedicated = try #require(full.catalog.tier("sovereign")?.dedicated)
        #expect(dedicated.deletion == DedicatedDeletion() && dedicated.name == .usualName)
        #expect(dedicated.startsOnCompletion && !dedicated.skipsScripts && dedicated.oomKiller)
        #expect(plain.catalog.tier("sovereign")?.dedicated == nil)
    }

    @Test func `every accepted key stands in the sample`() throws {
        let root = try #require(DocumentReader.read(Self.full, findings: Findings()))
        let present = Self.patterns(of: root, tree: .root, path: [])
        for key in AcceptedKey.all {
            #expect(present.contains(key.path.replacingOccurrences(of: "[]", with: "")), "\(key.path)")
            #expect(!key.meaning.isEmpty)
        }
    }

    @Test func `no key of a later version is active in the sample, and each is named`() {
        let last = ServiceConfiguration.example.split(separator: "# Not in this version:").last.map(String.init) ?? ""
        for key in AcceptedKey.notBuilt {
            #expect(last.contains(key.path.split(separator: ".").last ?? "?"), "\(key.path)")
        }
    }

    @Test func `the sample as printed is refused at each placeholder`() {
        let problems = Sample.problems(ServiceConfiguration.example)
        let refused = [
            "admin.tokens[1]", "billing.paymenter.secrets[1]", "panels.main.url", "panels.main.application_key",
            "panels.main.client_key",
        ]
        #expect(problems.count == refused.count)
        for (problem, key) in zip(problems, refused) {
            #expect(problem.contains(": \(key): still holds the sample's placeholder"))
        }
    }

    /// The paths in a document, with the owner's names as the table of keys writes them.
    private static func patterns(of element: Element, tree: KeyTree, path: [String]) -> Set<String> {
        if case .list(let elements) = element.content, tree.shape == .sections || tree.shape == .tokens {
            return elements.reduce(into: [path.joined(separator: ".")]) {
                $0.formUnion(patterns(of: $1, tree: tree, path: path))
            }
        }
        return element.entries.reduce(into: [path.joined(separator: ".")]) { found, entry in
            let names = [
                "panels": "<panel>", "permission_sets": "<set>", "server_groups": "<group>", "tiers": "<tier>",
                "tiers.<tier>.dedicated.environment": "<variable>",
                "rank_targets": "<target>",
            ]
            let name = tree.anyName == nil ? entry.key : names[path.joined(separator: ".")] ?? entry.key
            guard let child = tree.child(entry.key) else { return }
            found.formUnion(patterns(of: entry.element, tree: child, path: path + [name]))
        }
    }

    @Test
    func
        `the products that the extension's README sets up one by one are those of the sample, in its tiers and with its days`()
        throws
    {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "paymenter-extension/README.md")
        let readme = try String(contentsOf: file, encoding: .utf8)
        let configuration = try ServiceConfiguration.read(Sample.example)
        let sold = Dictionary(
            uniqueKeysWithValues: configuration.catalog.tiers.flatMap { tier in
                tier.products.map { ($0.rawValue, tier.id.rawValue) }
            }
        )
        let rows = readme.matches(of: /\| [A-Za-z ]+ \| `([a-z-]+)` \| [^|]+ \| ([a-z]+) \|/)
        let written = Dictionary(uniqueKeysWithValues: rows.map { (String($0.1), String($0.2)) })
        #expect(written == sold)
        #expect(sold.count == 10)
        #expect(configuration.policy.gracePeriod == .days(7))
        #expect(readme.contains("the grace period of 7 days is over"))
    }
}
