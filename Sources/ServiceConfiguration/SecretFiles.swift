import Foundation

/// Reads the files that a configuration names.
///
/// Relative names are looked up beside the configuration; `${CREDENTIALS_DIRECTORY}`, in which systemd's `LoadCredential` puts secrets, is filled in.
final class SecretFiles {
    private static let variable = "${CREDENTIALS_DIRECTORY}"
    private static let maximumBytes = 65_536

    private let directory: String
    private let environment: [String: String]
    private let findings: Findings
    private(set) var holdsInlineSecrets = false

    init(directory: String, environment: [String: String], findings: Findings) {
        self.directory = directory
        self.environment = environment
        self.findings = findings
    }

    func noteInline(_ secrets: [Located]) {
        holdsInlineSecrets =
            holdsInlineSecrets || secrets.contains { if case .line = $0.source { true } else { false } }
    }

    /// The path of a file that can be read.
    func existing(_ name: String) throws(Invalid) -> String {
        let path = try resolved(name)
        guard let type = attributes(path)?[.type] as? FileAttributeType else {
            throw Invalid("there is no file \(Shown.path(path, written: name))")
        }
        guard type == .typeRegular, FileManager.default.isReadableFile(atPath: path) else {
            throw Invalid("the file \(Shown.path(path, written: name)) cannot be read")
        }
        return path
    }

    /// The text of a file without the line ends behind it.
    func read(_ name: String) throws(Invalid) -> String {
        let path = try existing(name)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Invalid("the file \(Shown.path(path, written: name)) cannot be read")
        }
        guard data.count <= Self.maximumBytes, let text = String(bytes: data, encoding: .utf8) else {
            throw Invalid(
                "the file \(Shown.path(path, written: name)) is no text of at most \(Self.maximumBytes) bytes"
            )
        }
        let end = text.lastIndex { !$0.isNewline }.map { text.index(after: $0) } ?? text.startIndex
        guard end > text.startIndex else { throw Invalid("the file \(Shown.path(path, written: name)) is empty") }
        if isReadableByAll(path) {
            findings.warn(
                "\(Shown.path(path, written: name)) holds a secret and can be read by every user; chmod 600 it"
            )
        }
        return String(text[..<end])
    }

    func isReadableByAll(_ path: String) -> Bool {
        guard let mode = attributes(path)?[.posixPermissions] as? NSNumber else { return false }
        return mode.intValue & 0o004 != 0
    }

    private func resolved(_ name: String) throws(Invalid) -> String {
        var name = name
        if name.contains(Self.variable) {
            guard let credentials = environment["CREDENTIALS_DIRECTORY"], !credentials.isEmpty else {
                throw Invalid("CREDENTIALS_DIRECTORY is not set; systemd sets it where a unit has LoadCredential")
            }
            name = name.replacingOccurrences(of: Self.variable, with: credentials)
        }
        guard !name.isEmpty, !name.contains("\0"), !name.contains("${") else {
            throw Invalid("is the path of a file; only \(Self.variable) is filled in")
        }
        return name.hasPrefix("/") ? name : "\(directory)/\(name)"
    }

    /// Of the file itself, where the path leads to it by a link; `nil` if there is none.
    private func attributes(_ path: String) -> [FileAttributeKey: Any]? {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        do {
            return try FileManager.default.attributesOfItem(atPath: target)
        } catch {
            return nil
        }
    }
}
