import Entitlements
import Foundation

extension ServiceConfiguration {
    private static let maximumBytes = 1_048_576

    /// Reads a configuration file, with the environment laid over it; the error names everything that is wrong.
    package static func load(
        path: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationError) -> ServiceConfiguration {
        let findings = Findings()
        guard let data = FileManager.default.contents(atPath: path) else {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "does not exist"
            findings.report(.file, "", "the file \(reason); paydactyl config --example prints one to start from")
            throw findings.error(file: path)
        }
        guard data.count <= maximumBytes, let text = String(bytes: data, encoding: .utf8) else {
            findings.report(.file, "", "the file is no UTF-8 text of at most \(maximumBytes) bytes")
            throw findings.error(file: path)
        }
        return try read(text, path: path, environment: environment, findings: findings)
    }

    /// Reads the text of a configuration; `path` says where it came from and where the files that it names are looked up.
    package static func read(
        _ text: String,
        path: String = "paydactyl.yaml",
        environment: [String: String] = [:]
    ) throws(ConfigurationError) -> ServiceConfiguration {
        try read(text, path: path, environment: environment, findings: Findings())
    }

    private static func read(
        _ text: String,
        path: String,
        environment: [String: String],
        findings: Findings
    ) throws(ConfigurationError) -> ServiceConfiguration {
        guard var root = DocumentReader.read(text, findings: findings) else { throw findings.error(file: path) }
        EnvironmentOverrides(root: root, findings: findings).apply(environment, to: &root)
        StructureCheck(findings: findings).check(root)
        let directory = path.contains("/") ? (path as NSString).deletingLastPathComponent : "."
        let files = SecretFiles(
            directory: directory.isEmpty ? "/" : directory,
            environment: environment,
            findings: findings
        )
        let section = Section(root, path: "", findings: findings, files: files)
        let configuration = ConfigurationReader(root: section).read()
        if files.holdsInlineSecrets, files.isReadableByAll(path) {
            findings.warn("\(path) holds secrets and can be read by every user; chmod 600 it")
        }
        guard findings.problems.isEmpty, var configuration else { throw findings.error(file: path) }
        configuration.warnings = findings.warnings
        return configuration
    }
}
