import Entitlements
import Foundation
import PanelSimulator
import ServiceConfiguration
import Testing

/// A policy that is changed takes nothing from those who had access by the former one, before a person has approved it.
@Suite(.timeLimit(.minutes(3)))
struct ChangedTermsTests {
    enum Change: CaseIterable {
        case grace, lasts, refund, cancellation

        func configure(_ configuration: inout ServiceConfiguration, isMade: Bool) {
            switch self {
            case .grace: if isMade { configuration.policy.gracePeriod = .days(1) }
            case .lasts:
                guard isMade else { return }
                let tiers = configuration.catalog.tiers.map { tier in
                    var tier = tier
                    tier.lasts = .days(1)
                    return tier
                }
                configuration.catalog = Catalog(tiers: tiers, groups: Array(configuration.catalog.groups.values))
            case .refund: configuration.policy.onRefund = isMade ? .suspend : .keep
            case .cancellation: configuration.policy.cancel = isMade ? .now : .periodEnd
            }
        }

        /// Brings a customer to where only the terms decide.
        func happen(in community: Community) async throws {
            let paid: Duration? =
                switch self {
                case .grace: .seconds(1)
                case .lasts: nil
                case .refund, .cancellation: .days(30)
                }
            try await community.buys("knight", paidFor: paid)
            community.clock.advance(by: .seconds(1))
            switch self {
            case .grace: try await community.send(.paymentFailed, "1")
            case .lasts: break
            case .refund: try await community.send(.paymentRefunded, "1")
            case .cancellation: try await community.send(.cancelled, "1")
            }
            community.clock.advance(by: .days(2))
            try await community.quiet()
        }
    }

    @Test(arguments: Change.allCases)
    func `what only a change of the policy ends waits for a person, and goes on if it is undone`(_ change: Change)
        async throws
    {
        try await withPlace { place in
            func serve(changed: Bool, _ body: (Community) async throws -> Void) async throws {
                try await place.serve(configure: { change.configure(&$0, isMade: changed) }, body)
            }
            try await serve(changed: false) { community in
                try await change.happen(in: community)
                #expect(community.access() == Community.knight)
            }
            try await serve(changed: true) { community in
                try await community.eventually("it is held") { try await community.breaker() == "holding 1" }
                #expect(try await community.reasons().joined().contains("because the configuration changed"))
                try await community.quiet()
                #expect(community.access() == Community.knight)
            }
            try await serve(changed: false) { community in
                try await community.eventually("nothing is held any more") {
                    try await community.breaker() == "closed 0"
                }
                try await community.settled()
                #expect(try await community.state() == "converged")
                #expect(community.access() == Community.knight)
            }
            try await serve(changed: true) { community in
                try await community.eventually("it is held again") { try await community.breaker() == "holding 1" }
                #expect(try await community.api("POST", "breaker/approve").status == 200)
                try await community.eventually("what was approved is taken") { community.access().isEmpty }
            }
        }
    }

    @Test func `what happens after the change goes by the new terms at once`() async throws {
        try await withPlace { place in
            try await place.serve { community in
                try await community.buys("knight", paidFor: .seconds(1))
                try await community.settled()
            }
            try await place.serve(configure: { $0.policy.gracePeriod = .days(1) }) { community in
                try await community.send(.paymentFailed, "1")
                try await community.settled()
                community.clock.advance(by: .days(2))
                try await community.eventually("its grace is over") { community.access().isEmpty }
                #expect(try await community.breaker() == "closed 0")
            }
        }
    }
}
