import Entitlements
import Ledger
import Provisioning
import PterodactylAPI

/// A fault put into the engine from outside, at the ports that it is built on, to see whether the oracle notices.
package struct Mutation: Sendable {
    typealias Outcome = Result<PanelResponse, TransportFailure>

    /// What a lane reads of its customer.
    var file: @Sendable (CustomerFile) -> CustomerFile = { $0 }
    /// What a lane writes down.
    var write: @Sendable (LaneWrite) -> LaneWrite = { $0 }
    /// What is folded of the deliveries that wait.
    var fold: @Sendable ([UnfoldedDelivery]) -> [UnfoldedDelivery] = { $0 }
    /// Whether a delivery that is acknowledged is written down.
    var isWritten: @Sendable (NewDelivery) -> Bool = { _ in true }
    /// The rules by which the engine goes, while the oracle goes by the true ones.
    var rules: @Sendable (ProvisioningRules) -> ProvisioningRules = { $0 }
    /// What is sent in place of a request.
    var request: @Sendable (PanelRequest) -> PanelRequest = { $0 }
    /// What the client believes to have been answered to what it never sent.
    var reply: @Sendable (PanelRequest) -> PanelResponse? = { _ in nil }
    /// What the client makes of a panel's answer, or of none.
    var answer: @Sendable (PanelRequest, Outcome) -> Outcome = { $1 }
    /// When it believes the billing system to have been heard last.
    var hearing: @Sendable (Timestamp?, Timestamp) -> Timestamp? = { heard, _ in heard }
    /// Whether it minds that its ledger is an older one.
    var minds = true
    /// Whether what is held is approved at once by nobody.
    var approves: @Sendable (LaneOutcome) -> Bool = { _ in false }
    /// Whether it goes on by itself with a panel that is not the one that was known.
    var unlocksByItself = false

    package static let none = Mutation()
}
