import Entitlements
import Foundation
import Ledger
import Provisioning

extension ProvisioningRules {
    /// Learns from the ledger what the terms were before, and notes there what they are now.
    mutating func recallFormerTerms(in ledger: some Ledger, now: Timestamp) async throws {
        let terms = SaleTerms(policy, catalog: catalog)
        let known = try await ledger.pinned(Self.termsPin).map { Data($0.utf8) }
        var history = try known.map { try JSONDecoder().decode(TermHistory.self, from: $0) } ?? TermHistory(terms)
        history.change(to: terms, at: now)
        try await ledger.repin(String(decoding: try JSONEncoder().encode(history), as: UTF8.self), as: Self.termsPin)
        former = history.former
    }

    private static let termsPin = "terms"
}
