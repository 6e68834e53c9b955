import Entitlements
import Provisioning

/// Billing was not heard for unusually long.
enum BillingSilence: Hashable, Sendable {
    /// The last word came then.
    case since(Timestamp)
    /// It never came, and the service was first started then.
    case sinceFirstStart(Timestamp)

    var since: Timestamp {
        switch self {
        case .since(let moment), .sinceFirstStart(let moment): moment
        }
    }

    var sentence: String {
        switch self {
        case .since(let moment): "Nothing was heard from the billing system since \(moment.iso8601)."
        case .sinceFirstStart(let moment):
            "Nothing was ever heard from the billing system; this service was first started at \(moment.iso8601)."
        }
    }
}
