import Oracle
import PanelSimulator
import PterodactylAPI

/// What was last told of a subscription's player, nothing at first, and since when it has been so.
struct HeardPlayer: Sendable {
    var typed: String
    var revision: Int64
    var since: Moment
}

/// What a customer's subscriptions say of their player.
struct Player: Sendable {
    var typed: String
    var since: Moment

    /// As the game has it, whatever the engine takes for a name.
    var isName: Bool { Self.isName(typed) }

    static func isName(_ typed: String) -> Bool { typed.wholeMatch(of: /[A-Za-z0-9_]{1,16}/) != nil }
}

extension Story {
    static func playerName(_ number: Int) -> String { "Player_\(number)" }
}

extension World.State {
    mutating func note(_ tellings: [Telling], at moment: Moment) {
        for telling in tellings {
            let known = players[telling.subscription]
            guard let typed = telling.player else {
                let nobody = HeardPlayer(typed: "", revision: 0, since: moment)
                players[telling.subscription] = known ?? nobody
                continue
            }
            guard telling.revision >= known?.revision ?? 0 else { continue }
            let since = known.map { $0.typed == typed ? $0.since : moment } ?? moment
            players[telling.subscription] = HeardPlayer(typed: typed, revision: telling.revision, since: since)
        }
    }
}

extension World {
    /// `nil` while a customer's subscriptions differ, or none was told of.
    func player(of customer: Int) -> Player? {
        let subscriptions = story.people.first { $0.number == customer }?.subscriptions ?? []
        let heard = with { state in subscriptions.compactMap { state.players[$0] } }
        guard let first = heard.first, heard.allSatisfy({ $0.typed == first.typed }) else { return nil }
        return Player(typed: first.typed, since: heard.map(\.since).max() ?? first.since)
    }

    /// Whether of a customer nobody was named, or of something that they bought nobody, or nobody whom the game could know.
    func isNameless(_ customer: Int) -> Bool {
        let subscriptions = story.people.first { $0.number == customer }?.subscriptions ?? []
        let heard = with { state in subscriptions.compactMap { state.players[$0]?.typed } }
        return heard.isEmpty || !heard.allSatisfy(Player.isName)
    }

    /// The groups of those who have been playing, and have been told of, for long enough.
    ///
    /// Whoever could not be addressed by name when a rank was sent gets it again within a day. Those of a name that they had before count, too.
    func ranks(of joined: [Int: Moment]) -> [Int: [Int: [String: Moment]]] {
        let now = time.now
        return joined.filter { now - $0.value > .hours(25) }.keys.reduce(into: [:]) { ranks, number in
            guard let player = player(of: number), player.isName, now - player.since > .hours(25) else { return }
            for server in panel.servers { ranks[number, default: [:]][server.id] = groups(of: number, on: server.id) }
        }
    }

    /// The groups that a customer's players have on a server, under any of their names, each with its end.
    func groups(of customer: Int, on server: Int) -> [String: Moment] {
        let names = Set(story.people.first { $0.number == customer }?.players.map(\.typed) ?? [])
        return names.reduce(into: [:]) { groups, name in
            let ends = panel.ranks(of: name, server: server).mapValues { Moment(Int64($0) * 1000) }
            groups.merge(ends) { max($0, $1) }
        }
    }

    /// Has the oracle judge what is sent to a console: a command of ours, about somebody whom somebody named.
    func judgeCommand(_ request: PterodactylAPI.PanelRequest) {
        guard request.method == .post, request.target.hasSuffix("/command") else { return }
        let now = time.now
        let body = String(decoding: request.body ?? [], as: UTF8.self)
        let command =
            /\{"command":"lp user ([A-Za-z0-9_]{1,16}) parent (?:addtemp [a-z]+ [0-9]+ replace|removetemp [a-z]+)"\}/
        if let match = body.wholeMatch(of: command),
            story.people.contains(where: { $0.players.contains { $0.typed == match.1 } })
        {
            return
        }
        with { $0.oracle.fail(.consoleIsSafe, at: now, "\(body) was sent to a console") }
    }
}
