/// Why Paymenter's API told nothing, as a sentence for the person who can mend it.
package enum PaymenterAPIError: Error, Hashable, Sendable {
    /// 401.
    case unauthorized(String?)
    /// 403: a key without the permission, of the wrong type, or used from an address that is not on its list.
    case forbidden(String?)
    /// 400 to an include: Paymenter refuses those that the key may not see as if they did not exist.
    case includeRefused([String])
    case notFound
    case redirected(to: String?)
    /// A web page where an answer should be, or JSON that is no document of this API.
    case notJSON(status: Int)
    case refused(status: Int, String?)
    case failing(status: Int)
    case unreachable(String)
    case noAnswer(String)
    case bodyTooLarge
    /// An answer that this API does not give: the place in it and what was expected.
    case unexpected(String)
    case endless
}

extension PaymenterAPIError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unauthorized(let message):
            "Paymenter does not accept the API key (401\(Self.quoted(message))). Make a new one (Admin > API keys, type admin) and put it "
                + "into billing.paymenter.api.token."
        case .forbidden(let message):
            "Paymenter refuses the API key (403\(Self.quoted(message))). The key must be of type admin, may view \(Self.permissions), and if "
                + "it has a list of IP addresses, this host's is on it."
        case .includeRefused(let allowed):
            "The API key may not see all that is needed: without \(allowed.joined(separator: ", ")) nobody knows whose a service is. Let it "
                + "view \(Self.permissions) in Paymenter (Admin > API keys)."
        case .notFound:
            "Paymenter has no such thing (404)."
        case .redirected(let place):
            "billing.paymenter.api.url leads on to \(place ?? "another address"); write that address itself. The key was not sent there."
        case .notJSON(let status):
            "What answers at billing.paymenter.api.url (status \(status)) is a web page and not Paymenter's API. Check the address, and "
                + "whether something stands before it: maintenance, a login, a protection against robots."
        case .refused(let status, let message):
            "Paymenter refused the question (\(status)\(Self.quoted(message))). This version of Paymenter may be another than the one that "
                + "Paydactyl knows (1.5)."
        case .failing(let status):
            "Paymenter fails (\(status)). Look into its log, storage/logs/laravel.log."
        case .unreachable(let reason):
            "Paymenter cannot be reached: \(reason). Check billing.paymenter.api.url."
        case .noAnswer(let reason):
            "Paymenter did not answer: \(reason)."
        case .bodyTooLarge:
            "Paymenter's answer was larger than any of its lists should be, and was not read."
        case .unexpected(let place):
            "Paymenter's answer is not what version 1.5 gives: \(place)."
        case .endless:
            "Paymenter's list did not end; nothing that was read of it is used."
        }
    }

    static let permissions = "services, users, products, properties and invoices"

    private static func quoted(_ message: String?) -> String {
        message.map { ": \"\($0)\"" } ?? ""
    }
}
