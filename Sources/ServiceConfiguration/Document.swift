import Yams

/// A value of the configuration file with the line on which it stands.
struct Element: Hashable, Sendable {
    var source: ConfigurationSource
    var content: Content

    enum Content: Hashable, Sendable {
        case nothing
        case text(String)
        case list([Element])
        case section([Entry])
    }

    struct Entry: Hashable, Sendable {
        let key: String
        var source: ConfigurationSource
        var element: Element
    }

    /// A list of texts, as an environment variable or a file of secrets gives them.
    init(list texts: [String], source: ConfigurationSource) {
        self.source = source
        content = .list(texts.map { Element(source: source, content: .text($0)) })
    }

    init(source: ConfigurationSource, content: Content) {
        self.source = source
        self.content = content
    }

    var entries: [Entry] {
        guard case .section(let entries) = content else { return [] }
        return entries
    }

    /// What stands under `keys`.
    func element(at keys: ArraySlice<String>) -> Element? {
        guard let first = keys.first else { return self }
        return entries.first { $0.key == first }?.element.element(at: keys.dropFirst())
    }

    /// Puts `element` under `keys`, making the sections above it that are missing.
    mutating func set(_ element: Element, at keys: ArraySlice<String>) {
        guard let first = keys.first else {
            self = element
            return
        }
        var entries = self.entries
        if let index = entries.firstIndex(where: { $0.key == first }) {
            entries[index].element.set(element, at: keys.dropFirst())
            if keys.count == 1 { entries[index].source = element.source }
        } else {
            var child = Element(source: element.source, content: .nothing)
            child.set(element, at: keys.dropFirst())
            entries.append(Entry(key: first, source: element.source, element: child))
        }
        content = .section(entries)
    }

    /// Takes away what stands under `keys`.
    mutating func remove(at keys: ArraySlice<String>) {
        guard let first = keys.first, case .section(var entries) = content else { return }
        guard let index = entries.firstIndex(where: { $0.key == first }) else { return }
        if keys.count == 1 {
            entries.remove(at: index)
        } else {
            entries[index].element.remove(at: keys.dropFirst())
        }
        content = .section(entries)
    }
}

/// Turns YAML text into elements.
struct DocumentReader {
    private let findings: Findings
    /// Bounds what aliases can blow up.
    private var nodesLeft = 50_000
    private static let maximumDepth = 16

    /// The file's root section; `nil` if it is no YAML, which is then reported.
    static func read(_ text: String, findings: Findings) -> Element? {
        var reader = DocumentReader(findings: findings)
        return reader.read(text)
    }

    private init(findings: Findings) {
        self.findings = findings
    }

    private mutating func read(_ text: String) -> Element? {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            report(error)
            return nil
        }
        guard let root else { return Element(source: .file, content: .section([])) }
        guard let element = element(root, depth: 0) else { return nil }
        switch element.content {
        case .section: return Element(source: .file, content: element.content)
        case .nothing: return Element(source: .file, content: .section([]))
        case .text, .list:
            findings.report(.file, "", "the file is no section of keys; see paydactyl config --example")
            return nil
        }
    }

    private mutating func element(_ node: Node, depth: Int) -> Element? {
        let source = node.mark.map { ConfigurationSource.line($0.line) } ?? .file
        nodesLeft -= 1
        guard depth <= Self.maximumDepth, nodesLeft > 0 else {
            findings.report(source, "", "the file is nested too deeply or holds too much")
            return nil
        }
        switch node {
        case .scalar(let scalar): return Element(source: source, content: content(of: scalar))
        case .sequence(let sequence):
            var elements: [Element] = []
            for node in sequence {
                guard let element = element(node, depth: depth + 1) else { return nil }
                elements.append(element)
            }
            return Element(source: source, content: .list(elements))
        case .mapping(let mapping):
            guard let entries = entries(mapping, source: source, depth: depth) else { return nil }
            return Element(source: source, content: .section(entries))
        case .alias: return Element(source: source, content: .nothing)
        }
    }

    private mutating func entries(
        _ mapping: Node.Mapping,
        source: ConfigurationSource,
        depth: Int
    ) -> [Element.Entry]? {
        var entries: [Element.Entry] = []
        for (key, value) in mapping {
            let keySource = key.mark.map { ConfigurationSource.line($0.line) } ?? source
            guard case .scalar(let name) = key else {
                findings.report(keySource, "", "a key is a single word, not a list or a section")
                continue
            }
            // Two spellings of one text, such as 1 and "1", are two keys to YAML and one to us.
            if entries.contains(where: { $0.key == name.string }) {
                findings.report(keySource, "", "the key \(Shown.key(name.string)) stands twice in one section")
                continue
            }
            guard var element = element(value, depth: depth + 1) else { return nil }
            switch element.content {
            // What is missing in a section is missed where its name stands, not where its first key does.
            case .section, .nothing: element.source = keySource
            case .text, .list: break
            }
            entries.append(Element.Entry(key: name.string, source: keySource, element: element))
        }
        return entries
    }

    private func content(of scalar: Node.Scalar) -> Element.Content {
        switch scalar.style {
        case .singleQuoted, .doubleQuoted, .literal, .folded: .text(scalar.string)
        case .any, .plain: ["", "~", "null", "Null", "NULL"].contains(scalar.string) ? .nothing : .text(scalar.string)
        }
    }

    /// Says what libyaml found; its own descriptions quote the file and so its secrets.
    private func report(_ error: any Error) {
        guard let error = error as? YamlError else {
            findings.report(.file, "", "the file cannot be read as YAML")
            return
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            findings.report(.line(mark.line), "", "the file is no valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map(Shown.key).joined(separator: ", ")
            let verb = duplicates.count == 1 ? "the key \(keys) stands" : "the keys \(keys) stand"
            findings.report(.line(context.mark.line), "", "\(verb) twice in one section")
        case .reader(let problem, _, _, _):
            findings.report(.file, "", "the file is no valid YAML: \(problem)")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            findings.report(.file, "", "the file cannot be read as YAML")
        }
    }
}
