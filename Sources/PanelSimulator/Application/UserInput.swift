/// Checks the fields of an account that is created or changed.
struct UserInput {
    let input: PanelJSON
    /// The account that is changed; nil when one is created.
    let existing: PanelUser?

    /// The fields laid over the existing account (or over a fresh one).
    func user() -> PanelUser {
        var user = existing ?? PanelUser(username: "", email: "")
        if let email = input["email"]?.string { user.email = email }
        if let username = text("username") { user.username = username.lowercased() }
        if let first = input["first_name"]?.string { user.firstName = first }
        if let last = input["last_name"]?.string { user.lastName = last }
        if let external = input["external_id"] { user.externalID = external.string }
        if let password = input["password"]?.string { user.password = password }
        if let admin = input["root_admin"] { user.isRootAdmin = Self.truth(admin) ?? user.isRootAdmin }
        return user
    }

    /// Whether a password was sent.
    var hasPassword: Bool { input["password"]?.string != nil }

    /// Refuses what the panel's rules refuse, in the order of its rules.
    func validate(against state: borrowing PanelState) throws(PanelFailure) {
        if case .array = input["username"] { throw .unexpected("TypeError") }
        var validation = Validation()
        validateEmail(state, &validation)
        validateExternalID(state, &validation)
        validateUsername(state, &validation)
        validateRest(&validation)
        validateName("first_name", &validation)
        validateName("last_name", &validation)
        try validation.check()
    }

    private func validateEmail(_ state: borrowing PanelState, _ validation: inout Validation) {
        guard let value = input["email"], !value.isNull else { return validation.required("email") }
        guard let email = value.string, Syntax.isEmail(email) else {
            return validation.fail("email", "email", "The email must be a valid email address.")
        }
        checkLength("email", "email", email, &validation)
        if let holder = state.userID(email: email), holder != existing?.id { validation.taken("email") }
    }

    private func validateExternalID(_ state: borrowing PanelState, _ validation: inout Validation) {
        guard let value = input["external_id"], !value.isNull else { return }
        let label = "Third Party Identifier"
        guard let external = value.string else {
            return validation.fail("external_id", "string", "The \(label) must be a string.")
        }
        if external.count > 191 {
            validation.fail("external_id", "max", "The \(label) may not be greater than 191 characters.")
        }
        if state.userIDs(external: external).contains(where: { $0 != existing?.id }) {
            validation.taken("external_id", label: label)
        }
    }

    private func validateUsername(_ state: borrowing PanelState, _ validation: inout Validation) {
        guard let username = text("username") else { return validation.required("username") }
        checkLength("username", "username", username, &validation)
        if let holder = state.userID(username: username), holder != existing?.id { validation.taken("username") }
        if !Syntax.isUsername(username) {
            validation.fail("username", "p_username", Self.usernameRule)
        }
    }

    private func validateRest(_ validation: inout Validation) {
        if let value = input["password"], !value.isNull, value.string == nil {
            validation.fail("password", "string", "The password must be a string.")
        }
        if let value = input["root_admin"], Self.truth(value) == nil {
            let detail = "The Root Administrator Status field must be true or false."
            validation.fail("root_admin", "boolean", detail)
        }
        if let value = input["language"], value.string != "en" {
            validation.fail("language", "in", "The selected language is invalid.")
        }
    }

    private func validateName(_ field: String, _ validation: inout Validation) {
        guard let value = input[field], !value.isNull else { return validation.required(field) }
        let label = Validation.label(field)
        guard let name = value.string else {
            return validation.fail(field, "string", "The \(label) must be a string.")
        }
        checkLength(field, label, name, &validation)
    }

    private func checkLength(_ field: String, _ label: String, _ text: String, _ validation: inout Validation) {
        if !(1...191).contains(text.unicodeScalars.count) {
            validation.fail(field, "between", "The \(label) must be between 1 and 191 characters.")
        }
    }

    private func text(_ field: String) -> String? {
        if let number = input[field]?.int { return String(number) }
        return input[field]?.string
    }

    /// What the panel says of an illegal user name.
    static let usernameRule = """
        The username must start and end with alpha-numeric characters and
                        contain only letters, numbers, dashes, underscores, and periods.
        """

    /// What Laravel takes for a truth value.
    static func truth(_ value: PanelJSON) -> Bool? {
        switch value {
        case .bool(let value): value
        case .int(1), .string("1"): true
        case .int(0), .string("0"): false
        case .null, .int, .double, .string, .array, .object: nil
        }
    }
}
