import Foundation
import ServiceConfiguration

/// A small configuration in which nothing is wrong, and what tests do with it.
enum Sample {
    static let token = "tok3n-0123456789-abcdefghij"
    static let secret = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()
    static let applicationKey = "ptla_4pplicationKeyOfTheTest"
    static let clientKey = "ptlc_cl1entKeyOfTheTestItself"
    static let secrets = [token, secret, applicationKey, clientKey]

    static let minimal = """
        instance: firefrost
        admin:
          tokens: [\(token)]
        billing:
          paymenter:
            secrets: [\(secret)]
        panels:
          main:
            url: https://panel.firefrost.net
            application_key: \(applicationKey)
            client_key: \(clientKey)
        permission_sets:
          basic: [websocket.connect]
        server_groups:
          frost-path:
            names: ["Frost Path*"]
        tiers:
          knight:
            rank: 1
            products: [fire-knight]
            access: [{servers: frost-path, permissions: basic}]

        """

    /// The printed sample with its placeholders replaced.
    static let example = ServiceConfiguration.example
        .replacingOccurrences(of: "change-me-a-long-random-token", with: token)
        .replacingOccurrences(of: "change-me-another-long-random-token", with: "an0ther-" + token)
        .replacingOccurrences(of: "whsec_change-me", with: secret)
        .replacingOccurrences(of: "ptla_change-me", with: applicationKey)
        .replacingOccurrences(of: "ptlc_change-me", with: clientKey)
        .replacingOccurrences(of: "panel.change-me.example", with: "panel.firefrost.net")

    /// `minimal` with one text in the place of another, which must be there.
    static func minimal(_ old: String, _ new: String) -> String {
        precondition(minimal.contains(old), "\(old) is not in the sample")
        return minimal.replacingOccurrences(of: old, with: new)
    }

    /// What is wrong with a configuration, one text a problem; empty if nothing.
    static func problems(
        _ text: String,
        path: String = "paydactyl.yaml",
        environment: [String: String] = [:]
    ) -> [String] {
        do throws(ConfigurationError) {
            _ = try ServiceConfiguration.read(text, path: path, environment: environment)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}

/// A directory that goes away with the test.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "paydactyl-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("left behind: \(path)")
        }
    }

    func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: file)
        return file
    }
}
