/// How access on a panel differs from what we give.
package enum DriftKind: String, Hashable, Comparable, Sendable, CaseIterable {
    /// A customer lacks what we give them.
    case missing
    /// Access that nobody pays for: taken back and still there, or of an account of ours that belongs to no customer.
    case unpaid
    /// Permissions that we once gave and took back, and that somebody gave back by hand.
    case givenBack = "given_back"
    /// Permissions of a customer that people gave by hand, and that stay.
    case handMade = "hand_made"
    /// A row of somebody we do not know; never touched.
    case stranger

    package static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// Sorts what a customer's row holds, and lacks, against what we know of it; a kind without permissions does not occur.
package func drift(of row: Set<Permission>?, beside grant: Grant?) -> [DriftKind: Set<Permission>] {
    let ours = grant?.permissions ?? []
    let found = row ?? []
    let byHand = grant?.handMade ?? []
    let once = grant?.everGranted ?? []
    let leaving = grant?.leaving ?? []
    // The panel adds it to every row, so it says something only where it stands alone.
    let beyond = found.subtracting(ours)
    let extra = beyond == [.websocketConnect] && !ours.isEmpty ? [] : beyond
    let telling = extra.count > 1 ? extra.subtracting([.websocketConnect]) : extra
    let unpaid = telling.intersection(leaving)
    let returned = telling.intersection(once).subtracting(byHand).subtracting(leaving)
    let sorted: [DriftKind: Set<Permission>] = [
        .missing: ours.subtracting(found),
        .unpaid: unpaid,
        .givenBack: grant?.handMade == nil ? returned : returned.subtracting([.websocketConnect]),
        .handMade: telling.subtracting(unpaid).subtracting(returned),
    ]
    return sorted.filter { !$0.value.isEmpty }
}
