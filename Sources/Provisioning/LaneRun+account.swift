import Crypto
import Entitlements
import Ledger
import Logging
import Observability
import PterodactylAPI

extension LaneRun {
    /// The external id under which our accounts are known; customers known by e-mail only are a hash.
    static func externalID(instance: String, customer: CustomerKey) -> String {
        switch customer {
        case .id(let id): externalID(instance: instance, id: id)
        case .email(let email): hashedID(instance: instance, email)
        }
    }

    /// The external id for an id of the billing system's: one with other characters than panels bear everywhere is a hash.
    package static func externalID(instance: String, id: String) -> String {
        let isSafe = id.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x2D: true
            default: false
            }
        }
        guard !id.isEmpty, id.utf8.count <= 100, isSafe else { return hashedID(instance: instance, id) }
        return "paydactyl:\(instance):\(id)"
    }

    private static func hashedID(instance: String, _ text: String) -> String {
        "paydactyl:\(instance):h-\(SHA256.hash(data: Array(text.utf8)).hexadecimal(16))"
    }

    var externalID: String {
        Self.externalID(instance: rules.instance, customer: claim.customer)
    }

    /// Whether the customer's e-mail is another than the one their account was linked or last changed under.
    func mustFollowEmail(_ link: AccountLink) -> Bool {
        guard let email = file.record.email else { return false }
        return asciiFolded(email) != link.customerEmail.map(asciiFolded)
    }

    /// The customer's account, found, linked or made; `nil` if it cannot be had now, which the report then explains.
    mutating func account(on panel: PanelConnection, for work: PanelWork) async throws -> AccountLink? {
        if let link = work.link { return try await verified(link, on: panel) }
        guard work.needsAccount else { return nil }
        let (search, found) = try await searchAccount(on: panel)
        switch decideAccount(
            search: search,
            customer: claim.customer,
            email: file.record.email,
            ourExternalIDPrefix: "paydactyl:\(rules.instance):"
        ) {
        case .relink(let account):
            let isOurs = file.unsettled.contains { $0.kind == .createAccount && $0.panel == panel.name }
            return try await link(account, isOurs: isOurs, on: panel)
        case .adopt(let account, let givesExternalID):
            return try await adopt(account, of: found, givingExternalID: givesExternalID, on: panel)
        case .create(let email):
            var step = LaneWrite()
            step.outcomes = settledCreations(on: panel, wasFound: false)
            if !step.isEmpty { try await write(step) }
            return try await create(email: email, on: panel)
        case .refused(let need):
            report.attention.append(need)
            lookAgainLater()
            return nil
        }
    }

    /// What a person settles on the panel is noticed without being told.
    mutating func lookAgainLater() {
        report.due.append(now + rules.policy.retry.wait(afterAttempts: .max, jitter: context.clock.jitter()))
    }

    private func searchAccount(on panel: PanelConnection) async throws -> (AccountSearch, byEmail: [PanelUser]) {
        var byExternalID: [PanelUser] = []
        var byEmail: [PanelUser] = []
        if try await panel.client.user(externalID: externalID) != nil {
            // Of several the panel shows the oldest, so all are looked for where there is one.
            byExternalID = try await panel.client.users(exactExternalID: externalID)
        } else if let email = file.record.email {
            byEmail = try await panel.client.users(exactEmail: email)
        }
        let found = Dictionary(
            (byEmail + byExternalID).map { ($0.id.number, $0.uuid.text) },
            uniquingKeysWith: { first, _ in first }
        )
        let search = AccountSearch(
            byExternalID: byExternalID.map(PanelAccount.init),
            byEmail: byEmail.map(PanelAccount.init),
            takenBy: found.isEmpty ? [:] : try await context.ledger.owners(of: found, on: panel.name)
        )
        return (search, byEmail)
    }

    private mutating func link(_ account: PanelAccount, isOurs: Bool, on panel: PanelConnection) async throws
        -> AccountLink
    {
        let link = AccountLink(account: account, isOurs: isOurs, customerEmail: file.record.email)
        try await save(link, on: panel)
        return link
    }

    mutating func save(_ link: AccountLink, on panel: PanelConnection, outcome: PanelOperation? = nil) async throws {
        var step = LaneWrite()
        step.links = [panel.name: link]
        if let outcome { step.outcomes = [outcome] }
        try await write(step)
        if outcome != nil { CrashPoint.accountOutcomeWritten.reached() }
        file.links[panel.name] = link
    }

    private mutating func adopt(
        _ account: PanelAccount,
        of found: [PanelUser],
        givingExternalID givesExternalID: Bool,
        on panel: PanelConnection
    ) async throws -> AccountLink? {
        guard givesExternalID, let user = found.first(where: { $0.uuid.text == account.uuid }) else {
            return try await link(account, isOurs: false, on: panel)
        }
        var update = UserUpdate(of: user)
        update.externalID = externalID
        let adopted = try await attempt(
            operation(
                .adoptAccount,
                on: panel,
                "adopt account \(user.username) (\(user.email))",
                before: .account(account)
            ),
            on: panel
        ) { try await panel.client.updateUser(id: user.id, update) }
        guard case (let updated, var done)? = adopted else { return nil }
        done.after = .account(PanelAccount(updated))
        let link = AccountLink(account: PanelAccount(updated), isOurs: false, customerEmail: file.record.email)
        try await save(link, on: panel, outcome: done)
        return link
    }

    private mutating func create(email: String, on panel: PanelConnection) async throws -> AccountLink? {
        let suffix = SHA256.hash(data: Array(externalID.utf8)).hexadecimal(32)
        let stem = file.record.name ?? String(email.prefix { $0 != "@" })
        for length in [6, 12, 24] {
            let username = username(from: stem, suffix: String(suffix.prefix(length)))
            let names = accountNames(from: file.record.name, fallback: username)
            let user = NewUser(
                externalID: externalID,
                username: username,
                email: email,
                firstName: names.first,
                lastName: names.last
            )
            let intent = operation(
                .createAccount,
                on: panel,
                "create account \(username) for \(email)",
                before: .noAccount
            )
            switch try await attemptCreation(of: user, intent, on: panel) {
            case .created(let link): return link
            case .usernameTaken: continue
            case .failed: return nil
            }
        }
        report.attention.append(
            Need(
                "Every user name that was tried for this customer is taken on panel \(panel.name).",
                do: "Make an account with the e-mail \(email) there by hand; it is found and used."
            )
        )
        lookAgainLater()
        return nil
    }

    private enum Creation {
        case created(AccountLink)
        case usernameTaken
        case failed
    }

    private mutating func attemptCreation(
        of user: NewUser,
        _ intent: PanelOperation,
        on panel: PanelConnection
    ) async throws -> Creation {
        var step = LaneWrite()
        step.intents = [intent]
        guard var written = try await write(step).first else { return .failed }
        CrashPoint.accountIntentWritten.reached()
        do {
            let created = try await panel.creation.pass { try await panel.client.createUser(user) }
            CrashPoint.accountAnswered.reached()
            written.finish(.done, "created user \(created.id)", at: context.clock.now())
            written.after = .account(PanelAccount(created))
            let link = AccountLink(account: PanelAccount(created), isOurs: true, customerEmail: user.email)
            try await save(link, on: panel, outcome: written)
            self.created.insert(panel.name)
            context.metrics.record(written)
            logger.notice(
                "An account was created.",
                metadata: ["panel": "\(panel.name)", "operation": "\(written.number)", "panel.user": "\(created.id)"]
            )
            return .created(link)
        } catch let error as PanelError {
            return try await explain(error, of: written, user: user, on: panel)
        }
    }

    private mutating func explain(
        _ error: PanelError,
        of operation: PanelOperation,
        user: NewUser,
        on panel: PanelConnection
    ) async throws -> Creation {
        // First, because an account that we asked for earlier may be there only now, and has the e-mail and the name too.
        if error.isTaken("external_id") {
            try await record(operation, .unknown, "\(error)")
            report.retrying.append("The account seems to be there already; it is looked for again.")
            return .failed
        }
        if error.isTaken("email") {
            try await record(operation, .refused, "\(error)")
            guard try await panel.client.users(exactEmail: user.email).isEmpty else {
                report.retrying.append("An account with the e-mail \(user.email) was just made; it is looked at.")
                return .failed
            }
            report.attention.append(
                Need(
                    """
                    Panel \(panel.name) says that the e-mail \(user.email) is taken, yet no account has exactly this one: it holds some that \
                    differ only by case or accents to be equal.
                    """,
                    do: "Settle by hand whose account that is: give one of the two another e-mail."
                )
            )
            lookAgainLater()
            return .failed
        }
        if error.isTaken("username") {
            try await record(operation, .refused, "\(error)")
            return .usernameTaken
        }
        try await record(operation, error.effectUnknown ? .unknown : .retry, "\(error)")
        note(error, while: "creating an account on panel \(panel.name)", on: panel)
        return .failed
    }

    /// Follows a change of the customer's e-mail where that is safe: blindly, it would hand the account to whoever typed the address.
    mutating func followEmail(_ link: AccountLink, user: PanelUser, on panel: PanelConnection) async throws
        -> AccountLink
    {
        guard let email = file.record.email else { return link }
        var link = link
        if asciiFolded(user.email) == asciiFolded(email) {
            link.customerEmail = email
            return link
        }
        guard link.isOurs, !user.rootAdmin, try await holdsOnlyOurs(link, on: panel) else {
            report.attention.append(
                Need(
                    """
                    The customer's e-mail is now \(email), but their account \(user.username) on panel \(panel.name) keeps \(user.email): it \
                    was not made by us, or holds more than we gave.
                    """,
                    do: "Change it by hand if it is the same person."
                )
            )
            lookAgainLater()
            return link
        }
        var update = UserUpdate(of: user)
        update.email = email
        let changed = try await attempt(
            operation(
                .changeEmail,
                on: panel,
                "change the e-mail of \(user.username) to \(email)",
                before: .account(PanelAccount(user))
            ),
            on: panel
        ) { try await panel.client.updateUser(id: user.id, update) }
        guard case (let updated, var done)? = changed else { return link }
        done.after = .account(PanelAccount(updated))
        link.account = PanelAccount(updated)
        link.customerEmail = email
        try await save(link, on: panel, outcome: done)
        return link
    }

    /// Whether an account that we made owns nothing but what it bought and is subuser only where, and only as far as, we made it one.
    func holdsOnlyOurs(_ link: AccountLink, on panel: PanelConnection) async throws -> Bool {
        guard let user = try await panel.client.userWithServers(id: PanelUser.ID(link.account.id)) else { return false }
        let bought = Set(file.dedicated.filter { $0.slot.panel == panel.name }.compactMap(\.identity))
        guard !user.rootAdmin, let owned = user.servers, owned.allSatisfy({ bought.contains(PanelIdentity($0)) }) else {
            return false
        }
        let ours = Dictionary(
            file.grants.filter { $0.server.panel == panel.name && $0.isActive }.map { ($0.server, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for server in (panel.inventory?.servers.values.map(\.self) ?? []).sorted(by: { $0.id < $1.id }) {
            let row = try await row(
                of: PanelUUID(link.account.uuid),
                on: ServerIdentifier(server.identifier),
                panel
            )
            guard let permissions = row.permissions else { continue }
            guard let grant = ours[server.id], grant.handMade == nil else { return false }
            let beyond = permissions.subtracting(grant.everGranted).subtracting([.websocketConnect])
            guard beyond.isEmpty else { return false }
        }
        return true
    }

    /// Writes an operation down, tries it, and returns its result with the operation as done, not yet written; a failure is recorded.
    mutating func attempt<Result>(
        _ intent: PanelOperation,
        on panel: PanelConnection,
        _ work: () async throws -> Result
    ) async throws -> (Result, PanelOperation)? {
        var step = LaneWrite()
        step.intents = [intent]
        guard var written = try await write(step).first else { return nil }
        CrashPoint.accountIntentWritten.reached()
        do {
            let result = try await work()
            CrashPoint.accountAnswered.reached()
            written.finish(.done, nil, at: context.clock.now())
            return (result, written)
        } catch let error as PanelError {
            try await record(written, state(after: error), "\(error)")
            note(error, while: intent.detail, on: panel)
            return nil
        }
    }

    func record(_ operation: PanelOperation, _ state: PanelOperation.State, _ answer: String) async throws {
        var operation = operation
        operation.finish(state, answer, at: context.clock.now())
        if state != .unknown { operation.after = nil }
        var step = LaneWrite()
        step.outcomes = [operation]
        try await write(step)
        context.metrics.record(operation)
        logger.warning(
            "An operation did not succeed.",
            metadata: [
                "operation": "\(operation.number)", "operation.state": "\(state.rawValue)", "answer": "\(answer)",
            ]
        )
    }

    func state(after error: PanelError) -> PanelOperation.State {
        if error.effectUnknown { return .unknown }
        switch error.kind {
        case .conflict, .serverOffline: return .blocked
        case .forbidden, .invalid, .refused, .userIsServerOwner: return .refused
        default: return .retry
        }
    }
}

extension PanelOperation {
    mutating func finish(_ state: State, _ answer: String?, at moment: Timestamp) {
        self.state = state
        self.answer = answer
        finishedAt = moment
    }
}
