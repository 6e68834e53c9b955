/// What stands at a panel before or after an operation, kept so that it can be compared and brought back.
///
/// Kinds of operations that change other things than accounts and rows add their own case.
package enum PanelImage: Hashable, Sendable, Codable {
    /// There was no account.
    case noAccount
    /// An account before it was adopted, changed or deleted.
    case account(PanelAccount)
    /// What we gave an account on one server, with its row as it was read.
    case access(of: String, grant: Grant)
    /// A row as the panel then held it; `of` is the account's uuid.
    case row(of: String, ObservedRow)
    /// There was no server with that external id.
    case noServer(externalID: String)
    /// A server of a customer's own.
    case server(externalID: String?, DedicatedSighting)
    /// In words alone: people can read it, the program cannot bring it back.
    case described(words: String)

    /// For people.
    package var words: String {
        switch self {
        case .noAccount: "no account"
        case .account(let account):
            "\(account.username) (\(account.email)), external id \(account.externalID ?? "none")"
        case .access(_, let grant): grant.observed.words
        case .row(_, let row): row.words
        case .noServer(let externalID): "no server with external id \(externalID)"
        case .server(let externalID, let server): "\(server.words), external id \(externalID ?? "none")"
        case .described(let words): words
        }
    }
}

extension ObservedRow {
    /// For people.
    package var words: String {
        switch self {
        case .unread: "not read"
        case .absent: "no subuser"
        case .present(let permissions): permissions.sorted().map(\.key).joined(separator: ", ")
        }
    }
}
