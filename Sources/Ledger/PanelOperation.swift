package import Entitlements

/// One change to be made at a panel, written down before it is tried and again with its outcome.
package struct PanelOperation: Hashable, Sendable {
    /// Given by the ledger; 0 before.
    package var number: Int64
    package var customer: CustomerKey
    package var panel: PanelName
    package var kind: Kind
    /// The server concerned, if any.
    package var server: PanelServerID?
    /// The change in words.
    package var detail: String
    /// What was there before, so that it can be brought back.
    package var before: PanelImage?
    /// What it left there, or is to leave while its answer is lost; `nil` if it changed nothing.
    package var after: PanelImage?
    package var state: State
    package var startedAt: Timestamp
    package var finishedAt: Timestamp?
    /// What the panel answered, in words.
    package var answer: String?

    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case createAccount = "create_account"
        case adoptAccount = "adopt_account"
        case changeEmail = "change_email"
        case deleteAccount = "delete_account"
        case addSubuser = "add_subuser"
        case updateSubuser = "update_subuser"
        case removeSubuser = "remove_subuser"
        case createServer = "create_server"
        case adoptServer = "adopt_server"
        case changeServer = "change_server"
        case suspendServer = "suspend_server"
        case unsuspendServer = "unsuspend_server"
        case deleteServer = "delete_server"
        case releaseServer = "release_server"
        case sendCommand = "send_command"

        /// Whether what came of it is only known once it was looked for: there is no id yet under which to read.
        package var isCreation: Bool {
            switch self {
            case .createAccount, .createServer: true
            case .adoptAccount, .changeEmail, .deleteAccount, .addSubuser, .updateSubuser, .removeSubuser, .adoptServer,
                .changeServer, .suspendServer, .unsuspendServer, .deleteServer, .releaseServer, .sendCommand:
                false
            }
        }
    }

    package enum State: String, Hashable, Sendable, CaseIterable {
        /// Written down, under way.
        case trying
        case done
        /// Will be tried again by itself.
        case retry
        /// Something has to change first, and what it is stands in the answer.
        case blocked
        /// The panel will not do it; a person is needed.
        case refused
        /// The answer was lost: it is looked at before anything is tried again.
        case unknown
    }

    package init(
        number: Int64 = 0,
        customer: CustomerKey,
        panel: PanelName,
        kind: Kind,
        server: PanelServerID? = nil,
        detail: String,
        before: PanelImage? = nil,
        after: PanelImage? = nil,
        state: State = .trying,
        startedAt: Timestamp,
        finishedAt: Timestamp? = nil,
        answer: String? = nil
    ) {
        self.number = number
        self.customer = customer
        self.panel = panel
        self.kind = kind
        self.server = server
        self.detail = detail
        self.before = before
        self.after = after
        self.state = state
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.answer = answer
    }
}

/// What is written in one commit while a customer is worked on.
package struct LaneWrite: Hashable, Sendable {
    /// Operations that are about to be tried; the ledger gives them their numbers.
    package var intents: [PanelOperation] = []
    /// Operations with their outcome.
    package var outcomes: [PanelOperation] = []
    /// Grants as they are to be kept.
    package var grants: [Grant] = []
    package var links: [PanelName: AccountLink] = [:]
    package var unlinked: Set<PanelName> = []
    /// Servers whose grants are forgotten, because the servers are gone.
    package var forgotten: Set<PanelServerID> = []
    /// Steps of rollbacks that are over.
    package var rolledBack: [RolledBack] = []
    /// Servers of the customer's own as they are to be kept.
    package var dedicated: [DedicatedServer] = []
    /// Servers of the customer's own that are gone.
    package var forgottenDedicated: Set<DedicatedSlot> = []
    /// Kinds of losses that go ahead with this step and that no person decided: the breaker counts them from now on.
    package var losses: Set<LossKind> = []
    /// Shares in players' ranks as they are to be kept; the ranks' lanes are marked.
    package var rankShares: [RankShare] = []
    /// All players to whom the customer's ban extends; `nil` leaves them as they were.
    package var bannedPlayers: Set<PlayerName>?

    package init() {}

    package var isEmpty: Bool {
        intents.isEmpty && outcomes.isEmpty && grants.isEmpty && links.isEmpty && unlinked.isEmpty && forgotten.isEmpty
            && rolledBack.isEmpty && dedicated.isEmpty && forgottenDedicated.isEmpty && losses.isEmpty
            && rankShares.isEmpty && bannedPlayers == nil
    }
}
