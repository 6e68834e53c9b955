/// Holds a file to the keys that there are: unknown ones, those of later versions, and values of the wrong kind.
struct StructureCheck {
    let findings: Findings

    func check(_ root: Element) {
        check(root.entries, against: .root, path: "")
    }

    private func check(_ entries: [Element.Entry], against tree: KeyTree, path: String) {
        for entry in entries {
            let entryPath = path.isEmpty ? Shown.key(entry.key) : "\(path).\(Shown.key(entry.key))"
            guard let child = tree.child(entry.key) else {
                findings.report(entry.source, entryPath, unknown(entry.key, in: tree))
                continue
            }
            if let what = child.notBuilt {
                findings.report(entry.source, entryPath, Self.notBuilt(what))
            } else if tree.anyName != nil, !Self.isName(entry.key) {
                findings.report(entry.source, entryPath, "a name is made of letters, digits, - and _, at most 40")
            } else {
                check(entry.element, keySource: entry.source, against: child, path: entryPath)
            }
        }
    }

    private func check(_ element: Element, keySource: ConfigurationSource, against tree: KeyTree, path: String) {
        switch (tree.shape, element.content) {
        // A section of which every key is commented out.
        case (nil, .nothing), (.textOrNull, .nothing): break
        case (_, .nothing):
            findings.report(keySource, path, "has no value; write one or remove the key")
        case (nil, .section(let entries)):
            check(entries, against: tree, path: path)
        case (nil, .text), (nil, .list):
            findings.report(keySource, path, "is a section of keys: \(keys(of: tree))")
        case (.text, .text), (.textOrNull, .text), (.secret, .text): break
        case (.text, _), (.textOrNull, _), (.secret, _):
            findings.report(keySource, path, "is a single value, not a list or a section")
        case (.list, .list(let elements)), (.secrets, .list(let elements)):
            for (index, element) in elements.enumerated() {
                checkText(element, path: "\(path)[\(index + 1)]")
            }
        case (.tokens, .list(let elements)), (.sections, .list(let elements)):
            for (index, element) in elements.enumerated() {
                check(element, in: tree, path: "\(path)[\(index + 1)]")
            }
        case (.sections, _):
            findings.report(keySource, path, "is a list of sections: [{\(keys(of: tree)): …}]")
        case (.list, _), (.secrets, _), (.tokens, _):
            findings.report(keySource, path, "is a list; write [one, another]")
        }
    }

    /// An element of a list that holds sections.
    private func check(_ element: Element, in tree: KeyTree, path: String) {
        switch (tree.shape, element.content) {
        case (_, .section(let entries)):
            check(entries, against: tree, path: path)
        case (.tokens, .text): break
        case (.tokens, _):
            findings.report(element.source, path, "is a token or a section with \(keys(of: tree))")
        case (_, _):
            findings.report(element.source, path, "is a section with \(keys(of: tree))")
        }
    }

    private func checkText(_ element: Element, path: String) {
        switch element.content {
        case .text: break
        case .nothing: findings.report(element.source, path, "has no value; write one or remove it")
        case .list, .section:
            findings.report(element.source, path, "is a single value, not a list or a section")
        }
    }

    private func unknown(_ key: String, in tree: KeyTree) -> String {
        if let meant = nearest(to: key, among: tree.acceptedNames) {
            return "there is no such key; did you mean \(meant)?"
        }
        return "there is no such key; here may stand \(keys(of: tree))"
    }

    private func keys(of tree: KeyTree) -> String {
        guard tree.anyName == nil else { return "a name that you choose" }
        return tree.acceptedNames.joined(separator: ", ")
    }

    static func notBuilt(_ what: String) -> String {
        "\(what) not part of this version yet; remove the key"
    }

    static func isName(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.count <= 40
            && key.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_")
            }
    }
}
