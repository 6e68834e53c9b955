import Observability

/// Why a text is not what its key asks for; it goes behind the key's name in the message.
struct Invalid: Error {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

/// A text of the configuration and where it stands.
struct Located: Hashable {
    let text: String
    let path: String
    let source: ConfigurationSource
}

/// Typed reading of one section; what is wrong is reported and read as missing.
///
/// Values of the wrong kind (a list where a text belongs) were reported by `StructureCheck` and are silently missing here.
struct Section {
    let path: String
    let source: ConfigurationSource
    let isSection: Bool
    let findings: Findings
    let files: SecretFiles
    private let entries: [Element.Entry]

    init(_ element: Element?, path: String, findings: Findings, files: SecretFiles) {
        self.path = path
        source = element?.source ?? .file
        entries = element?.entries ?? []
        isSection = if case .section = element?.content { true } else { false }
        self.findings = findings
        self.files = files
    }

    func has(_ key: String) -> Bool {
        entries.contains { $0.key == key }
    }

    func path(of key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    func element(_ key: String) -> Element? {
        entries.first { $0.key == key }?.element
    }

    /// The section under a key; one without keys if there is none.
    func section(_ key: String) -> Section {
        Section(element(key) ?? Element(source: source, content: .nothing), at: path(of: key), like: self)
    }

    /// The sections under a key whose names the owner chose, in the order of the file.
    func members(_ key: String) -> [(name: String, section: Section)] {
        section(key).entries.filter { StructureCheck.isName($0.key) }.map { entry in
            (entry.key, Section(entry.element, at: "\(path(of: key)).\(entry.key)", like: self))
        }
    }

    /// The elements of a list of sections.
    func elements(_ key: String) -> [Section] {
        guard case .list(let elements) = element(key)?.content else { return [] }
        return elements.enumerated().map { index, element in
            Section(element, at: "\(path(of: key))[\(index + 1)]", like: self)
        }
    }

    func text(_ key: String) -> Located? {
        guard let element = element(key), case .text(let text) = element.content else { return nil }
        return Located(text: text, path: path(of: key), source: element.source)
    }

    /// The texts of a list; `nil` if the key is missing.
    func texts(_ key: String) -> [Located]? {
        guard let element = element(key), case .list(let elements) = element.content else { return nil }
        return elements.enumerated().compactMap { index, element in
            guard case .text(let text) = element.content else { return nil }
            return Located(text: text, path: "\(path(of: key))[\(index + 1)]", source: element.source)
        }
    }

    func value<Value>(_ key: String, _ parse: (String) throws(Invalid) -> Value) -> Value? {
        text(key).flatMap { parsed($0, parse) }
    }

    func values<Value>(_ key: String, _ parse: (String) throws(Invalid) -> Value) -> [Value]? {
        texts(key)?.compactMap { parsed($0, parse) }
    }

    /// The value of a key that must be there.
    func required<Value>(_ key: String, _ allowed: String, _ parse: (String) throws(Invalid) -> Value) -> Value? {
        reportIfMissing(key, allowed)
        return value(key, parse)
    }

    func reportIfMissing(_ key: String, _ allowed: String) {
        if !has(key) { report(key, "is missing; \(allowed)") }
    }

    func report(_ key: String, _ text: String) {
        findings.report(element(key)?.source ?? source, path(of: key), text)
    }

    func parsed<Value>(_ located: Located, _ parse: (String) throws(Invalid) -> Value) -> Value? {
        do throws(Invalid) {
            return try parse(located.text)
        } catch {
            findings.report(located.source, located.path, error.text)
            return nil
        }
    }

    private init(_ element: Element, at path: String, like other: Section) {
        self.init(element, path: path, findings: other.findings, files: other.files)
    }
}

extension Section {
    /// A secret that stands under `key` or in the file that `<key>_file` names.
    func secret(_ key: String, _ allowed: String, _ check: (String) throws(Invalid) -> Void) -> Redacted<String>? {
        guard has(key) || has("\(key)_file") else {
            report(key, "is missing; \(allowed)")
            return nil
        }
        guard let located = onlyOne(key) ?? fileText(key) else { return nil }
        return redacted(located, check)
    }

    /// Secrets that stand under `key`, or one a line in the file that `<key>_file` names, each with its place from 1; `nil` if that was reported.
    func secretTexts(_ key: String, _ allowed: String) -> [(number: Int, located: Located)]? {
        guard has(key) || has("\(key)_file") else {
            report(key, "is missing; \(allowed)")
            return nil
        }
        guard !isGivenTwice(key) else { return nil }
        guard has(key) else { return fileText(key).map(lines(of:)) }
        guard case .list(let elements) = element(key)?.content else { return nil }
        let texts = elements.enumerated().compactMap { index, element -> (number: Int, located: Located)? in
            guard case .text(let text) = element.content else { return nil }
            return (index + 1, Located(text: text, path: "\(path(of: key))[\(index + 1)]", source: element.source))
        }
        files.noteInline(texts.map(\.located))
        return texts
    }

    private func lines(of file: Located) -> [(number: Int, located: Located)] {
        file.text.split(whereSeparator: \.isNewline).map { trimmed(String($0)) }.filter { !$0.isEmpty }.enumerated()
            .map { ($0.offset + 1, Located(text: $0.element, path: file.path, source: file.source)) }
    }

    func redacted(_ located: Located, _ check: (String) throws(Invalid) -> Void) -> Redacted<String>? {
        parsed(located) { (text) throws(Invalid) in
            try check(text)
            return Redacted(text)
        }
    }

    private func onlyOne(_ key: String) -> Located? {
        guard !isGivenTwice(key), let located = text(key) else { return nil }
        files.noteInline([located])
        return located
    }

    private func isGivenTwice(_ key: String) -> Bool {
        guard has(key), has("\(key)_file") else { return false }
        report("\(key)_file", "stands beside \(key); keep one of them")
        return true
    }

    private func fileText(_ key: String) -> Located? {
        guard !has(key), let name = text("\(key)_file") else { return nil }
        return parsed(name) { (name) throws(Invalid) in
            let text = try files.read(name)
            return Located(text: text, path: path(of: "\(key)_file"), source: element("\(key)_file")?.source ?? source)
        }
    }
}
