import Entitlements
import Foundation
import PanelSimulator
import Provisioning
import ServiceConfiguration
import SQLiteLedger
import Testing

/// Several reasons for access at once: the union holds, and the end of one takes only what no other gives.
@Suite(.timeLimit(.minutes(2)))
struct SeveralReasonsTests {
    @Test func `of two tiers at once, each may end first`() async throws {
        for first in ["1", "2"] {
            try await withCommunity { community in
                try await community.quiet()
                try await community.buys("awakened")
                try await community.buys("knight", subscription: "2")
                try await community.eventually("both give") { community.access() == Community.knight }
                try await community.settled()
                try await community.send(.cancelled, first)
                let left = first == "1" ? Community.knight : Community.awakened
                try await community.eventually("the other is left") { community.access() == left }
                try await community.settled()
                #expect(community.access() == left)
                try await community.send(.cancelled, first == "1" ? "2" : "1")
                try await community.eventually("and that ends, too") { community.access().isEmpty }
            }
        }
    }

    @Test func `a comp beside a paid tier outlives it, and its end takes the rest`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("knight")
            try await community.settled()
            let comp = try await community.override("grant", tier: "awakened", until: "2099-01-01")
            let second = try await community.override("grant", tier: "awakened", until: "2098-01-01")
            try await community.eventually("the paid tier holds") { community.access() == Community.knight }
            try await community.settled()
            try await community.send(.cancelled, "1")
            try await community.eventually("the comp is left") { community.access() == Community.awakened }
            try await community.endOverride(comp)
            try await community.settled()
            #expect(community.access() == Community.awakened, "the second comp goes on")
            try await community.endOverride(second)
            try await community.eventually("nothing is left") { community.access().isEmpty }
        }
    }

    @Test func `a grant without an end is counted, and asked about once it is old`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("awakened", paidFor: nil)
            try await community.settled()
            let grant = try await community.override("grant", tier: "knight")
            _ = try await community.override("grant", tier: "knight", until: "2099-01-01")
            try await community.settled()
            func status() async throws -> (Int?, [String]) {
                let status = try await community.api("GET", "status").object
                return (status["grants_without_end"] as? Int, status["attention"] as? [String] ?? [])
            }
            let day = community.clock.now.iso8601.prefix(10)
            #expect(try await status().0 == 1)
            #expect(try await status().1.isEmpty)
            community.clock.advance(by: .days(181))
            let asked = try await status().1.filter { $0.hasPrefix("1 grant has no end") }
            #expect(asked.count == 1 && asked[0].contains("id:77 since \(day)"), "\(asked)")
            try await community.endOverride(grant)
            let after = try await status()
            #expect(after.0 == 0 && !after.1.contains { $0.contains("no end") })
        }
    }

    @Test func `an early renewal beside the old purchase changes nothing, nor does the end of the old one`()
        async throws
    {
        try await withCommunity { community in
            try await community.buys("knight")
            try await community.eventually("access is there") { community.access() == Community.knight }
            try await community.quiet()
            try await community.buys("knight", subscription: "2", paidFor: .days(60))
            try await community.settled()
            try await community.send(.cancelled, "1")
            try await community.settled()
            community.clock.advance(by: .seconds(120))
            try await community.audit()
            #expect(community.writes.isEmpty)
            #expect(community.access() == Community.knight)
            #expect(try await community.state() == "converged")
        }
    }

    @Test func `a ban wins over all that gives, and a hold keeps even a ban waiting`() async throws {
        try await withCommunity { community in
            try await community.quiet()
            try await community.buys("awakened")
            try await community.settled()
            _ = try await community.override("grant", tier: "knight", until: "2099-01-01")
            try await community.eventually("both give") { community.access() == Community.knight }
            try await community.settled()
            let hold = try await community.override("hold")
            let ban = try await community.override("ban")
            try await community.settled()
            #expect(community.access() == Community.knight, "left alone until released")
            try await community.endOverride(hold)
            try await community.eventually("the ban acts") { community.access().isEmpty }
            try await community.settled()
            try await community.endOverride(ban)
            try await community.eventually("all is back") { community.access() == Community.knight }
        }
    }

    @Test func `what is still to be given stands beside what is there`() async throws {
        try await withCommunity { community in
            try await community.buys("awakened")
            try await community.settled()
            let hold = try await community.override("hold")
            try await community.settled()
            _ = try await community.override("grant", tier: "knight")
            try await community.settled()
            func explained() async throws -> String { try await community.api("GET", "customers/77/explain").text }
            #expect(try await explained().contains("control.console is still to be given"))
            try await community.endOverride(hold)
            try await community.eventually("it is given") { community.access() == Community.knight }
            try await community.settled()
            #expect(try await !explained().contains("is still to be given"))
        }
    }

    @Test func `a service starts on a copy that was made while another worked`() async throws {
        try await withPlace { place in
            guard case .sqlite(let path) = place.configuration.store else { return }
            let copy = path + ".copy"
            try await place.serve { community in
                try await community.buys("knight")
                try await community.settled()
                let made = community.clock.now
                #expect(try LedgerCopy.make(of: path, to: copy, at: made).bytes > 0)
                let marked = try SQLiteLedger(path: copy)
                #expect(try await marked.pinned(LedgerCopy.mark) == "\(made.milliseconds)")
                try marked.close()
            }
            try await place.serve(configure: { $0.store = .sqlite(path: copy) }) { community in
                try await community.quiet()
                #expect(try await community.customer("77")["email"] as? String == "ada@example.test")
                #expect(community.access() == Community.knight)
                #expect(community.writes.isEmpty)
            }
        }
    }
}
