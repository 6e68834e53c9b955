/// The transactions that have begun and are not committed yet, so far as they can deadlock with each other.
///
/// Creating an account without a password deletes and inserts in `password_resets` inside its transaction. Two such
/// transactions that overlap deadlock on the gap: the one that finishes first wins, the others are rolled back.
struct OpenWrites: Sendable {
    private var open: [Int: Bool] = [:]

    /// Opens a transaction that makes an account without a password.
    mutating func begin(_ exchange: Int) {
        open[exchange] = false
    }

    /// Closes it; the answer says whether it was chosen as the deadlock's victim.
    mutating func finish(_ exchange: Int) -> Bool {
        let isVictim = open.removeValue(forKey: exchange) ?? false
        if !isVictim { open = open.mapValues { _ in true } }
        return isVictim
    }
}
