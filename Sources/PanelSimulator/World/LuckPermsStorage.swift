/// The ranks of players as LuckPerms keeps them, changed by what reaches a console.
struct LuckPermsStorage: Sendable {
    /// Who ever joined, in lower case: nobody else can be addressed by name.
    private var joined: Set<String> = []
    /// Groups until a moment, in seconds since 1970.
    private var temporary: [String: [String: Int]] = [:]
    private var permanent: [String: Set<String>] = [:]

    mutating func join(_ player: String) { joined.insert(player.lowercased()) }

    mutating func give(_ group: String, to player: String) {
        permanent[player.lowercased(), default: []].insert(group)
    }

    func temporaryGroups(of player: String, now: Int) -> [String: Int] {
        (temporary[player.lowercased()] ?? [:]).filter { $0.value > now }
    }

    func permanentGroups(of player: String) -> Set<String> {
        permanent[player.lowercased()] ?? []
    }

    /// Does what a line of the console says, if it is one of the commands for temporary groups; like LuckPerms, it refuses ends that have
    /// passed and players who never joined, and `replace` never shortens.
    mutating func run(_ line: String, now: Int) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count >= 6, words[0] == "lp", words[1] == "user", words[3] == "parent" else { return }
        let player = words[2].lowercased()
        guard joined.contains(player) || player.utf8.count == 36 else { return }
        switch (words[4], words.count) {
        case ("addtemp", 8):
            guard let end = Int(words[6]), end > now, words[7] == "replace" else { return }
            temporary[player, default: [:]][words[5]] = max(end, temporary[player]?[words[5]] ?? 0)
        case ("removetemp", 6):
            temporary[player]?[words[5]] = nil
        default: return
        }
    }
}
