/// An account as read from a panel.
package struct PanelAccount: Hashable, Sendable, Codable {
    package var id: Int
    package var uuid: String
    package var externalID: String?
    package var email: String
    package var username: String
    package var isRootAdmin: Bool

    package init(id: Int, uuid: String, externalID: String?, email: String, username: String, isRootAdmin: Bool) {
        self.id = id
        self.uuid = uuid
        self.externalID = externalID
        self.email = email
        self.username = username
        self.isRootAdmin = isRootAdmin
    }
}

/// The tie between a customer and an account on one panel.
package struct AccountLink: Hashable, Sendable, Codable {
    package var account: PanelAccount
    /// Whether we made the account; only such a one is ever changed or deleted.
    package var isOurs: Bool
    /// The customer's e-mail when it was linked or last followed.
    package var customerEmail: String?
    /// When its last access ended; counts toward `policy.account_retention`.
    package var accessEndedAt: Timestamp?

    package init(account: PanelAccount, isOurs: Bool, customerEmail: String?, accessEndedAt: Timestamp? = nil) {
        self.account = account
        self.isOurs = isOurs
        self.customerEmail = customerEmail
        self.accessEndedAt = accessEndedAt
    }
}

/// What a search of the panel for a customer's account found.
package struct AccountSearch: Hashable, Sendable {
    /// The accounts with our external id for this customer; the panel does not keep it unique.
    package var byExternalID: [PanelAccount]
    /// Accounts whose e-mail is exactly the customer's, ASCII letters folded.
    package var byEmail: [PanelAccount]
    /// Of the accounts found, those that are linked to another customer.
    package var takenBy: [Int: CustomerKey]

    package init(byExternalID: [PanelAccount], byEmail: [PanelAccount], takenBy: [Int: CustomerKey]) {
        self.byExternalID = byExternalID
        self.byEmail = byEmail
        self.takenBy = takenBy
    }
}

/// What to do about a customer's account on a panel.
package enum AccountDecision: Hashable, Sendable {
    /// It is ours from before: link it again.
    case relink(PanelAccount)
    /// Link it; give it our external id if it has none and is no root admin's.
    case adopt(PanelAccount, givesExternalID: Bool)
    case create(email: String)
    /// A person has to settle it.
    case refused(Need)
}

/// Decides which account is a customer's, from what a search found.
package func decideAccount(
    search: AccountSearch,
    customer: CustomerKey,
    email: String?,
    ourExternalIDPrefix: String
) -> AccountDecision {
    guard search.byExternalID.count <= 1 else {
        let names = search.byExternalID.map(\.username).sorted().joined(separator: ", ")
        return .refused(
            Need(
                """
                \(search.byExternalID.count) panel accounts carry this customer's external id (\(names)), and nobody can say which is theirs.
                """,
                do: "Clear it on the panel at all but one."
            )
        )
    }
    if let found = search.byExternalID.first {
        if let other = search.takenBy[found.id], other != customer {
            return .refused(
                Need(
                    "The account \(found.username) carries this customer's external id but is linked to customer \(other).",
                    do: "Settle whose it is, and clear the external id on the panel if it is the other's."
                )
            )
        }
        return .relink(found)
    }
    guard let email, !email.isEmpty else {
        return .refused(
            Need(
                "No e-mail is known for this customer, so no panel account can be found or made.",
                do: "Enter one in the billing system, and have it sent with the next event."
            )
        )
    }
    guard search.byEmail.count <= 1 else {
        return .refused(
            Need(
                "\(search.byEmail.count) panel accounts have the e-mail of this customer.",
                do: "Leave it to one of them, on the panel."
            )
        )
    }
    guard let found = search.byEmail.first else { return .create(email: email) }
    if let other = search.takenBy[found.id], other != customer {
        return .refused(
            Need(
                "The panel account \(found.username) with this customer's e-mail is already linked to customer \(other), who goes on using it.",
                do: "Give one of the two another e-mail."
            )
        )
    }
    if let externalID = found.externalID, externalID.hasPrefix(ourExternalIDPrefix) {
        return .refused(
            Need(
                "The panel account \(found.username) with this customer's e-mail carries another customer's external id (\(externalID)).",
                do: "Clear it on the panel if it is out of date."
            )
        )
    }
    return .adopt(found, givesExternalID: found.externalID == nil && !found.isRootAdmin)
}

/// A panel username: letters and digits of `name` and a suffix that is stable for the customer, both safe for
/// `/^[a-z0-9]([\w\.-]+)[a-z0-9]$/` (`app/Rules/Username.php:12`).
///
/// `suffix` is hexadecimal and never empty.
package func username(from name: String, suffix: String) -> String {
    let safe = asciiFolded(name).utf8.filter { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    let stem = String(decoding: safe.prefix(16), as: UTF8.self)
    return (stem.isEmpty ? "member" : stem) + "_" + suffix
}

/// First and last name for an account; the panel refuses empty ones and more than 191 characters.
///
/// Words without a visible character count as empty: the panel trims them away and then refuses the name.
package func accountNames(from name: String?, fallback: String) -> (first: String, last: String) {
    let words = visibleWords(of: name ?? "")
    guard let first = words.first else {
        return (visibleWords(of: fallback).first.map { bounded(String($0)) } ?? "-", "-")
    }
    let last = words.dropFirst().joined(separator: " ")
    return (bounded(String(first)), last.isEmpty ? "-" : bounded(last))
}

private func visibleWords(of text: String) -> [Substring] {
    text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.properties.generalCategory == .control } }
        .filter { $0.unicodeScalars.contains(where: \.isVisible) }
}

extension Unicode.Scalar {
    fileprivate var isVisible: Bool {
        !properties.isDefaultIgnorableCodePoint && !properties.isWhitespace && properties.generalCategory != .format
    }
}

private func bounded(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.drop { !$0.isVisible }.prefix(191)))
}
