import Oracle
import Simulation
import Testing

/// Who paid and waits, while everybody else is being changed (DESIGN §4, Budget).
@Suite(.serialized) struct NewlyPaidTests {
    /// What one newcomer waited for, as the trace tells it.
    private struct Wait: CustomStringConvertible {
        var own = 0
        var others = 0
        var from: Int64 = 0
        var until: Int64 = 0

        init(of number: Int, in lines: [String]) throws {
            let arrival = try #require(lines.firstIndex { $0.contains(" record msg-\(number)-") })
            let marks = [
                "player\(number)@", "player\(number)%40", "sim%3Ac\(number)", "sim:c\(number)", "Player_\(number) ",
            ]
            let calls = lines[arrival...].indices.filter { place in
                [" GET ", " POST ", " PUT ", " PATCH ", " DELETE "].contains(where: lines[place].contains)
            }
            let mine = calls.filter { place in marks.contains(where: lines[place].contains) }
            let last = try #require(mine.last)
            own = mine.count
            others = calls.count { $0 < last } + 1 - own
            from = try #require(Int64(lines[arrival].prefix { $0 != " " }))
            until = try #require(Int64(lines[last].prefix { $0 != " " }))
        }

        var description: String { "\(own) calls of its own, \(others) of others, \(until - from) ms" }
    }

    /// When somebody buys after the reload: while the change waits for the panel's budget, and just when a new window begins.
    private static let pauses: [Span] = [.seconds(5), .seconds(30), .seconds(45), .seconds(62), .seconds(100)]
    private static let windowBegins: Span = .seconds(62)

    @Test(arguments: isThorough ? Upheaval.allCases : [.ranks])
    func `a change of hundreds of customers delays a newly paid one by no more than its own calls`(
        _ upheaval: Upheaval
    ) async throws {
        let count = isThorough ? 500 : 250
        let story = StoryWriter.upheaval(upheaval, of: count, newcomersAfter: Self.pauses)
        let report = try await Simulation.run(story, keepsTrace: true)
        #expect(report.violations == [])
        for (place, pause) in Self.pauses.enumerated() {
            let wait = try Wait(of: count + place + 1, in: report.trace.lines)
            print("\(upheaval), \(pause) after the reload: \(wait)")
            #expect(wait.own >= (upheaval == .ranks ? 7 : 5), "an account and two servers, and a command to each")
            // As a window begins, others have room beside it, and none stands in its way.
            if pause != Self.windowBegins { #expect(wait.others <= wait.own, "\(wait)") }
            // A call takes 60 ms at most.
            #expect(wait.until - wait.from <= Int64(2 * wait.own * 60), "\(wait)")
        }
    }
}
