import Observability

/// Reads the tokens, plain or with a role and a name.
struct AdminReader {
    let section: Section

    func tokens() -> [ServiceConfiguration.Admin.Token] {
        let plain = plainTokens()
        let named = section.elements("tokens").enumerated().filter(\.element.isSection)
        let tokens = (plain ?? []) + named.compactMap { namedToken($0.element, number: $0.offset + 1) }
        if let plain, plain.isEmpty, named.isEmpty {
            section.report("tokens", "is empty; without a token nobody can look in")
        }
        refuseRepeats(tokens)
        return tokens
    }

    /// The tokens without a section of their own; `nil` if what holds them was reported.
    private func plainTokens() -> [ServiceConfiguration.Admin.Token]? {
        let texts = section.secretTexts("tokens", "write a list of at least one token of 20 characters or more")
        guard let texts else { return nil }
        if texts.isEmpty { return [] }
        let tokens = texts.compactMap { text -> ServiceConfiguration.Admin.Token? in
            guard let token = section.redacted(text.located, Values.adminToken) else { return nil }
            return .init(token: token, role: .operator, name: "token \(text.number)")
        }
        return tokens.isEmpty ? nil : tokens
    }

    private func namedToken(_ section: Section, number: Int) -> ServiceConfiguration.Admin.Token? {
        let token = section.secret("token", "write a token of 20 characters or more", Values.adminToken)
        let role = section.value("role", Values.word(ServiceConfiguration.Admin.Role.self)) ?? .operator
        let name = section.value("name", Values.label) ?? "token \(number)"
        return token.map { .init(token: $0, role: role, name: name) }
    }

    private func refuseRepeats(_ tokens: [ServiceConfiguration.Admin.Token]) {
        for (index, token) in tokens.enumerated() {
            let earlier = tokens[..<index]
            if earlier.contains(where: { $0.token == token.token }) {
                section.report("tokens", "holds one token twice")
            }
            if earlier.contains(where: { $0.name == token.name }) {
                section.report("tokens", "gives two tokens the name \(Shown.value(token.name))")
            }
        }
    }
}
