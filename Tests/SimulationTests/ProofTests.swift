import Oracle
import Simulation
import Testing

/// What the engine promises of communities of a certain size (DESIGN §6).
struct ProofTests {
    @Test func `60 customers under all faults and two kills converge within twice the longest retry step`() async throws
    {
        let deadline = ContinuousClock.now + .seconds(20)
        var seed: UInt64 = 1
        repeat {
            let story = StoryWriter.siege(seed: seed, customers: 60)
            let report = try await Simulation.run(story)
            #expect(report.violations == [], "seed \(seed)")
            #expect(report.kills == 2, "seed \(seed)")
            #expect(report.judgements.contains(story.end + story.rules.longestRetry * 2), "seed \(seed)")
            seed += 1
        } while .now < deadline
        print("\(seed - 1) sieges of 60 customers hold.")
    }

    @Test func `1,000 customers: audits cost pages, drift is repaired within one, and a new server reaches everyone`()
        async throws
    {
        let audit = Span.hours(1)
        var story = StoryWriter.community(customers: 1000, auditEvery: audit, until: .hours(9))
        let (quiet, drift, growth) = (story.start + .hours(3), story.start + .hours(5), story.start + .hours(7))
        for customer in 1...20 {
            story.acts.append(Act(at: drift, customer: customer, what: .hand(.take(customer: customer, server: 1))))
        }
        story.acts.append(Act(at: growth, what: .hand(.addServer("Frost New"))))
        // After a pass a lane reads what was marked; a thousand new rows take the panel's 240 requests a minute.
        story.judgements = [drift + audit + .minutes(6), growth + audit + .minutes(6) + .minutes(1000 * 2 / 240 + 1)]
        let report = try await Simulation.run(story, keepsTrace: true)
        #expect(report.violations == [])
        for moment in story.judgements { #expect(report.judgements.contains(moment)) }

        let work = report.trace.lines.filter { line in
            guard let moment = Int64(line.prefix { $0 != " " }).map({ Moment($0) }) else { return false }
            return quiet <= moment && moment < drift
        }
        let changing = work.filter { line in
            ["POST ", "PUT ", "PATCH ", "DELETE "].contains(where: line.contains)
                || line.contains(" ledger ") && !Self.idle.contains(where: line.hasSuffix)
        }
        #expect(changing == [])
        // Three pages of users and one of servers, twice.
        let calls = work.count { $0.contains(" GET ") }
        let audits = work.count { $0.contains(" GET /api/application/servers") }
        print("\(calls) calls, of them \(audits) for servers, in two hours.")
        #expect(calls == 2 * 4)
    }

    @Test(arguments: [Span.days(40), .hours(2), .hours(-30)])
    func `a clock that was wrong and is put right leaves nothing waiting for the wrong time`(_ skew: Span) async throws
    {
        var story = StoryWriter.community(customers: 8, auditEvery: .hours(1), until: .days(4), hasRanks: true)
        story.people[0].hasJoined = false
        let (wrong, right) = (story.start + .hours(3), story.start + .hours(20))
        // Sent while the clock is wrong, to a player who cannot be addressed yet.
        story.acts.append(Act(at: wrong, what: .setClock(skew)))
        story.acts.append(Act(at: wrong + .hours(1), what: .hand(.addServer("Frost New"))))
        story.acts.append(Act(at: right, what: .setClock(.zero)))
        story.acts.append(Act(at: right + .hours(1), customer: 1, what: .join(customer: 1)))
        story.judgements = [right + .hours(6), right + .hours(30)]
        let report = try await Simulation.run(story)
        #expect(report.violations == [])
        for moment in story.judgements { #expect(report.judgements.contains(moment)) }
    }

    /// What the engine asks the ledger now and then; nothing is changed where there is nothing to do.
    private static let idle = [
        " claim", " prune", " forget history", " forget requests", " forget access times", " forget customers",
    ]

    @Test func `a story that breaks a rule is shortened to what breaks it`() async throws {
        let fault = EngineFault.ignoresBans
        let (_, broken) = try await Simulation.run(seeds: 6...60, steps: 300, atOnce: 1, mutation: { fault.mutation })
        let report = try #require(broken)
        let rule = try #require(report.violations.first?.rule)
        let story = StoryWriter.write(seed: report.seed, steps: 300)
        let short = try await Simulation.shorten(story, breaking: rule, mutation: { fault.mutation })
        print("\(story.acts.count) things of \(story.people.count) customers became\n\(short)")
        #expect(short.acts.count <= 6)
        #expect(short.people.count == 1)
        #expect(try await Simulation.run(short).violations == [])
    }
}
