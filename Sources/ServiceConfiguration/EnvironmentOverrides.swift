/// Lays environment variables over a file: `PAYDACTYL_` and the key in upper case, with `_` for everything that is no letter or digit.
struct EnvironmentOverrides {
    private static let prefix = "PAYDACTYL_"
    /// These are the command line's.
    private static let ofCommandLine: Set<String> = ["PAYDACTYL_CONFIG", "PAYDACTYL_URL", "PAYDACTYL_TOKEN"]

    let findings: Findings
    private var targets: [String: [Target]] = [:]
    private var notBuilt: [(name: String, what: String)] = []

    private struct Target {
        let keys: [String]
        let shape: AcceptedKey.Shape
        let isFile: Bool
    }

    /// What may be overridden in that file: names in the environment can be told only from the names that the file has.
    init(root: Element, findings: Findings) {
        self.findings = findings
        collect(.root, element: root, keys: [])
    }

    func apply(_ environment: [String: String], to root: inout Element) {
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.prefix) {
            guard !Self.ofCommandLine.contains(name) else { continue }
            guard let target = target(of: name) else { continue }
            let source = ConfigurationSource.variable(name)
            let path = target.keys.joined(separator: ".")
            if value.isEmpty, !target.shape.isList {
                findings.report(source, path, "is empty; give it a value or remove the variable")
                continue
            }
            if let rival = rival(of: target, in: root), case .variable(let other) = rival.source {
                findings.report(source, path, "is also given by \(other); remove one of them")
                continue
            }
            root.remove(at: rivalKeys(of: target)[...])
            root.set(element(value, shape: target.shape, source: source), at: target.keys[...])
        }
    }
}

extension EnvironmentOverrides {
    private func element(_ value: String, shape: AcceptedKey.Shape, source: ConfigurationSource) -> Element {
        guard shape.isList else { return Element(source: source, content: .text(value)) }
        let texts = value.split(separator: ",").map { trimmed(String($0)) }.filter { !$0.isEmpty }
        return Element(list: texts, source: source)
    }

    /// The secret itself and the file that holds it shut each other out.
    private func rivalKeys(of target: Target) -> [String] {
        guard let last = target.keys.last, target.isFile || target.shape.isSecret else { return [] }
        return target.keys.dropLast() + [target.isFile ? String(last.dropLast(5)) : "\(last)_file"]
    }

    private func rival(of target: Target, in root: Element) -> Element? {
        let keys = rivalKeys(of: target)
        return keys.isEmpty ? nil : root.element(at: keys[...])
    }

    private func target(of name: String) -> Target? {
        let found = targets[name] ?? []
        if found.count == 1 { return found.first }
        if found.count > 1 {
            let paths = found.map { $0.keys.joined(separator: ".") }.sorted().joined(separator: " and ")
            findings.report(.variable(name), "", "could mean \(paths); write it in the file")
        } else if let later = notBuilt.first(where: { name == $0.name || name.hasPrefix("\($0.name)_") }) {
            findings.report(.variable(name), "", "\(later.what) not part of this version yet; remove the variable")
        } else if let meant = nearest(to: name, among: targets.keys) {
            findings.report(.variable(name), "", "there is no such key; did you mean \(meant)?")
        } else {
            findings.report(
                .variable(name),
                "",
                "there is no such key (panels, tiers and other named things must stand in the file)"
            )
        }
        return nil
    }

    private mutating func collect(_ tree: KeyTree, element: Element?, keys: [String]) {
        if let what = tree.notBuilt {
            notBuilt.append((Self.name(of: keys), what))
            return
        }
        if let shape = tree.shape {
            guard shape != .sections else { return }
            add(Target(keys: keys, shape: shape, isFile: false))
            guard shape.isSecret, let last = keys.last else { return }
            add(Target(keys: keys.dropLast() + ["\(last)_file"], shape: .text, isFile: true))
            return
        }
        for (key, child) in tree.children {
            collect(child, element: element?.element(at: [key]), keys: keys + [key])
        }
        if let anyName = tree.anyName {
            for entry in element?.entries ?? [] where StructureCheck.isName(entry.key) {
                collect(anyName, element: entry.element, keys: keys + [entry.key])
            }
        }
    }

    private mutating func add(_ target: Target) {
        targets[Self.name(of: target.keys), default: []].append(target)
    }

    private static func name(of keys: [String]) -> String {
        prefix
            + keys.map { key in
                String(key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            }.joined(separator: "_")
    }
}

/// Without spaces and tabs at both ends.
func trimmed(_ text: String) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    let start = text.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(start[...last])
}
