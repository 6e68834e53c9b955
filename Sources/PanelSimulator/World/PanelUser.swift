/// An account of the panel.
package struct PanelUser: Sendable, Equatable {
    /// The numeric id.
    package var id: Int
    /// The universal id, by which the client API names subusers.
    package var uuid: String
    /// What an outside system calls the account.
    package var externalID: String?
    /// The sign-in name, stored in lower case.
    package var username: String
    /// The address, in the case in which it was given.
    package var email: String
    /// The first name.
    package var firstName: String
    /// The last name.
    package var lastName: String
    /// Whether the account may do everything.
    package var isRootAdmin: Bool
    /// The password, where one was set by a caller.
    package var password: String?
    /// Seconds since 1970 at which it was made.
    package var createdAt: Int
    /// Seconds since 1970 at which it was last changed.
    package var updatedAt: Int

    /// Describes an account.
    package init(
        id: Int = 0,
        uuid: String = "",
        externalID: String? = nil,
        username: String,
        email: String,
        firstName: String = "First",
        lastName: String = "Last",
        isRootAdmin: Bool = false,
        password: String? = nil,
        createdAt: Int = 0
    ) {
        self.id = id
        self.uuid = uuid
        self.externalID = externalID
        self.username = username
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.isRootAdmin = isRootAdmin
        self.password = password
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }
}
