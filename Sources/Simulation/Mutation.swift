import Ledger
import Provisioning
import PterodactylAPI

/// A fault built into the engine from outside, to see whether the oracle notices.
package struct Mutation: Sendable {
    /// What the lane reads of a customer.
    var file: @Sendable (CustomerFile) -> CustomerFile = { $0 }
    /// What is folded of the deliveries that wait.
    var fold: @Sendable ([UnfoldedDelivery]) -> [UnfoldedDelivery] = { $0 }
    /// What a lane writes down.
    var write: @Sendable (LaneWrite) -> LaneWrite = { $0 }
    /// The rules by which the engine goes, the oracle going by the true ones.
    var rules: @Sendable (ProvisioningRules) -> ProvisioningRules = { $0 }
    /// What the client makes of a panel's answer, or of none.
    var answer: @Sendable (PanelRequest, Result<PanelResponse, TransportFailure>) -> Result<PanelResponse, TransportFailure> =
        { $1 }

    package static let none = Mutation()
}
