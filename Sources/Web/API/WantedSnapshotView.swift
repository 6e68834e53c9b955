import Entitlements
import Provisioning

/// A service that Paymenter's API shows otherwise than its extension told, so that the extension should speak of it anew.
struct WantedSnapshotView: Encodable {
    var subscriptionId: String
    var since: String
    var because: [String]

    init(_ wanted: BillingPolls.Wanted) {
        subscriptionId = wanted.subscription.rawValue
        since = wanted.since.iso8601
        because = wanted.because
    }
}
