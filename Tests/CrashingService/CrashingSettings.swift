import Foundation

/// What a test tells the service that it is about to kill; the one argument of `CrashingService`, as JSON.
package struct CrashingSettings: Codable, Sendable {
    package var ledger: String
    package var panel: String
    package var applicationKey: String
    package var clientKey: String
    /// 0 takes any free one, which is printed.
    package var port = 0
    package var secret: String
    package var token: String
    package var auditEveryMilliseconds = 300_000
    /// How long accounts outlive their last access; `nil` for ever.
    package var accountRetentionMilliseconds: Int?
    /// How many customers may lose access before a person is asked.
    package var mostLosses = 1000

    package init(
        ledger: String,
        panel: String,
        applicationKey: String,
        clientKey: String,
        secret: String,
        token: String
    ) {
        self.ledger = ledger
        self.panel = panel
        self.applicationKey = applicationKey
        self.clientKey = clientKey
        self.secret = secret
        self.token = token
    }

    package func json() throws -> String {
        String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    }
}
