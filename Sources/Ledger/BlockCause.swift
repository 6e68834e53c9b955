package import Entitlements

/// What stands in a customer's way, however the sentence about it is put: those who wait for the same are counted and told together.
package enum BlockCause: Hashable, Sendable {
    /// A person left the customer alone.
    case hold
    /// The service only observes, or is paused.
    case standstill
    /// The panel cannot be worked with, or looks like another.
    case panel(PanelName)
    /// The panel's servers have not been read yet.
    case unread(PanelName)
    /// Our clock and a panel's differ too much.
    case clock
    /// A server is in a state in which the panel changes nothing there.
    case server(PanelServerID)
    /// What the panel leaves alone without a server being named.
    case refusal(PanelName)
    /// No node has room for what a tier sells, or no port is free.
    case room(PanelName, TierID)
    /// Nobody knows for which player a rank is.
    case player
    /// Where a rank is kept takes no commands now.
    case rank(RankTargetID)

    /// What it is stored as, and alerts are known by: it never changes.
    package var code: String {
        switch self {
        case .hold: "hold"
        case .standstill: "standstill"
        case .panel(let panel): "panel \(panel)"
        case .unread(let panel): "unread \(panel)"
        case .clock: "clock"
        case .server(let server): "server \(server.panel) \(server.number)"
        case .refusal(let panel): "refusal \(panel)"
        case .room(let panel, let tier): "room \(panel) \(tier)"
        case .player: "player"
        case .rank(let target): "rank \(target)"
        }
    }
}
