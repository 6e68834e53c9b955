/// How much a request matters when not all can be sent at once.
public enum RequestPriority: Int, Hashable, Comparable, Sendable, CaseIterable {
    case audit, change, revocation, restore, newlyPaid

    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }

    /// How much of what may be spent is left to those that matter more, in percent.
    var leaves: Int {
        switch self {
        case .newlyPaid: 0
        case .restore: 5
        case .revocation: 10
        case .change: 15
        case .audit: 25
        }
    }
}
