package import Entitlements

/// Something that an owner should hear of, for as long as it lasts.
package struct Alert: Hashable, Sendable, Codable {
    /// What it is about; one alert a cause, however many it concerns.
    package var cause: String
    /// Who and what, in one sentence.
    package var sentence: String
    /// The single cases, a few of them.
    package var cases: [String]
    package var remedy: String
    /// How much of it there is; when that grows, it is told again.
    package var extent: Int
    package var since: Timestamp
    /// The console's page for it.
    package var page: String

    package init(
        cause: String,
        sentence: String,
        cases: [String] = [],
        remedy: String,
        extent: Int = 1,
        since: Timestamp,
        page: String
    ) {
        self.cause = cause
        self.sentence = sentence
        self.cases = cases
        self.remedy = remedy
        self.extent = extent
        self.since = since
        self.page = page
    }
}

/// What is sent of an alert.
package struct AlertMessage: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case begun, grown, over, summary
    }

    /// Stays the same however often it is sent.
    package var id: String
    package var kind: Kind
    package var alert: Alert
    package var at: Timestamp

    package init(id: String, kind: Kind, alert: Alert, at: Timestamp) {
        self.id = id
        self.kind = kind
        self.alert = alert
        self.at = at
    }
}
