/// What a new account is made of; it has no password field, so the panel sends its own set-up mail with a link.
public struct NewUser: Hashable, Sendable, Encodable {
    public var externalID: String?
    public var username: String
    public var email: String
    public var firstName: String
    public var lastName: String
    public var language: String?

    public init(
        externalID: String?,
        username: String,
        email: String,
        firstName: String,
        lastName: String,
        language: String? = nil
    ) {
        self.externalID = externalID
        self.username = username
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.language = language
    }

    private enum CodingKeys: String, CodingKey {
        case username, email, language
        case externalID = "external_id"
        case firstName = "first_name"
        case lastName = "last_name"
    }
}

/// The whole of an account that a change sends: the panel demands four of its fields with every change, and the external id is sent too, so
/// that what is stored is what is said here.
public struct UserUpdate: Hashable, Sendable, Encodable {
    /// Nil clears it.
    public var externalID: String?
    public var username: String
    public var email: String
    public var firstName: String
    public var lastName: String
    /// Nil leaves it as it is.
    public var rootAdmin: Bool?

    public init(externalID: String?, username: String, email: String, firstName: String, lastName: String) {
        self.externalID = externalID
        self.username = username
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
    }

    /// The account as it was just read, to be changed field by field.
    public init(of user: PanelUser) {
        self.init(
            externalID: user.externalID,
            username: user.username,
            email: user.email,
            firstName: user.firstName,
            lastName: user.lastName
        )
    }

    private enum CodingKeys: String, CodingKey {
        case username, email
        case externalID = "external_id"
        case firstName = "first_name"
        case lastName = "last_name"
        case rootAdmin = "root_admin"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(externalID, forKey: .externalID)
        try container.encode(username, forKey: .username)
        try container.encode(email, forKey: .email)
        try container.encode(firstName, forKey: .firstName)
        try container.encode(lastName, forKey: .lastName)
        try container.encodeIfPresent(rootAdmin, forKey: .rootAdmin)
    }
}
