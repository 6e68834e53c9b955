/// What the engine heard of a customer's e-mail.
struct HeardEmail: Hashable, Sendable {
    var email: String
    var said: Moment
    var heard: Moment
}

/// Whose accounts are whose, and what may become of them.
extension Oracle {
    /// These accounts were on the panel before the engine.
    package mutating func found(_ users: [Int]) {
        earlierUsers.formUnion(users)
    }

    package mutating func tookIn(_ telling: CustomerTelling, at moment: Moment) {
        switch telling.kind {
        case .updated:
            guard let email = telling.email else { return }
            emails[telling.customer, default: []].append(HeardEmail(email: email, said: telling.at, heard: moment))
        case .deleted: deletions[telling.customer] = deletions[telling.customer] ?? moment
        }
    }

    func isDeleted(_ customer: Int, at moment: Moment) -> Bool {
        deletions[customer].map { $0 <= moment } ?? false
    }

    /// The customer to whom an account belongs.
    func customer(of account: Account) -> Customer? {
        let email = account.email.lowercased()
        return customers.first { $0.externalID == account.externalID }
            ?? customers.first { $0.email.lowercased() == email || $0.laterEmails.contains(email) }
    }

    /// The engine made something of an account; `nil` is no account any more.
    package mutating func changed(_ before: Account, to after: Account?, at moment: Moment) {
        guard before != after else { return }
        let who = "user \(before.user) (\(before.email))"
        let isEarlier = earlierUsers.contains(before.user)
        guard let after else {
            if isEarlier { fail(.handMadeStays, at: moment, "\(who) was there before, and was deleted") }
            judgeDeletion(of: before, at: moment)
            return
        }
        if before.email != after.email, isEarlier || holdsHandMade(before) {
            fail(
                .handMadeStays,
                at: moment,
                "\(who) holds what we did not give, and got the e-mail \(after.email): whoever typed that address has it now"
            )
        }
        if let id = before.externalID, id != after.externalID {
            fail(.handMadeStays, at: moment, "\(who) had the external id \(id), and lost it")
        }
    }

    private mutating func judgeDeletion(of account: Account, at moment: Moment) {
        let who = "user \(account.user) (\(account.email))"
        if holdsHandMade(account) { fail(.handMadeStays, at: moment, "\(who) holds what people gave, and was deleted") }
        guard let customer = customer(of: account) else {
            return fail(.handMadeStays, at: moment, "\(who) is nobody's account, and was deleted")
        }
        let giving = giving[customer.number] ?? Giving()
        if giving.isNow {
            return fail(.validGrantNeverLoses, at: moment, "\(who) was deleted although they have access")
        }
        guard let ended = giving.ended, moment - ended < rules.accountRetention else { return }
        fail(
            .validGrantNeverLoses,
            at: moment,
            "\(who) was deleted \(moment - ended) after the end of their access, before \(rules.accountRetention) were over"
        )
    }

    private func holdsHandMade(_ account: Account) -> Bool {
        handMade.contains { $0.key.user == account.user && !$0.value.certain.isEmpty }
    }

    /// Judges that each account that was made for a customer has the e-mail that was last heard of them, if they use it: else it follows
    /// when they come back.
    mutating func judgeEmails(_ view: View, at moment: Moment, slack: Span) {
        for account in view.accounts
        where !earlierUsers.contains(account.user) && !forgottenUsers.contains(account.user) {
            guard let customer = customer(of: account), customer.externalID == account.externalID,
                !handMade.contains(where: { $0.key.user == account.user }),
                !excuses(view.shown[customer.number] ?? .fine, customer, moment, slack),
                turns(for: customer, from: moment - slack, to: moment).allSatisfy({
                    !givers(of: customer, at: $0).isEmpty
                }),
                let known = emails[customer.number],
                let last = known.enumerated().max(by: { ($0.element.said, $0.offset) < ($1.element.said, $1.offset) })
            else { continue }
            let email = last.element.email.lowercased()
            let isTaken = view.accounts.contains { $0.user != account.user && $0.email.lowercased() == email }
            guard known.allSatisfy({ $0.heard < moment - slack }), email != account.email.lowercased(), !isTaken else {
                continue
            }
            fail(
                .convergesWithoutAPerson,
                at: moment,
                "customer \(customer.number) has the e-mail \(last.element.email), but their account has \(account.email)"
            )
        }
    }
}
