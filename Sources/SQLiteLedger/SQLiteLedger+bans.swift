import Crypto
import Entitlements
import Foundation
import GRDB
import Ledger

/// Players to whom bans extend: by name, and once the customer was forgotten by a hash of it, which tells nobody the name and still holds.
extension SQLiteLedger {
    static func bannedPlayers(of customer: CustomerKey, in database: Database) throws -> Set<PlayerName> {
        let names = try String.fetchAll(
            database.cachedStatement(sql: BanSQL.ofCustomer),
            arguments: [customer.description]
        )
        return Set(
            try names.map { name in
                guard let player = PlayerName(kept: name) else {
                    throw CorruptRow(table: "player_ban", what: "a player that is none")
                }
                return player
            }
        )
    }

    /// Keeps whom a ban extends to, and marks the ranks of those for whom that changed.
    static func saveBan(
        of players: Set<PlayerName>,
        customer: CustomerKey,
        now: Timestamp,
        in database: Database
    ) throws {
        let before = try bannedPlayers(of: customer, in: database)
        for player in before.subtracting(players).sorted() {
            try database.execute(
                sql: "DELETE FROM player_ban WHERE player = ? AND customer = ?",
                arguments: [player.key, customer.description]
            )
        }
        for player in players.subtracting(before).sorted() {
            try database.execute(
                sql: "INSERT INTO player_ban (player, customer, name) VALUES (?, ?, ?)",
                arguments: [player.key, customer.description, player.text]
            )
        }
        var changed = Set(players.symmetricDifference(before).map(\.key))
        if players.isEmpty { changed.formUnion(try endHiddenBans(of: customer, in: database)) }
        for player in changed.sorted() {
            let keys = try Row.fetchAll(
                database,
                sql: "SELECT target, name FROM rank WHERE player = ?",
                arguments: [player]
            ).map(RankKey.init)
            for key in keys { try RankSQL.mark(key, priority: .revocation, now: now, in: database) }
        }
    }

    /// The customer whose ban extends to a player, if anybody's does.
    static func customerBanned(with player: String, in database: Database) throws -> CustomerKey? {
        let named = try String.fetchOne(database.cachedStatement(sql: BanSQL.named), arguments: [player])
        let customer =
            try named
            ?? String.fetchOne(
                database.cachedStatement(sql: BanSQL.hidden),
                arguments: [try hash(of: player, in: database)]
            )
        return try customer.map { try CustomerKey(stored: $0) }
    }

    static func hasHiddenBans(_ customer: CustomerKey, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(sql: BanSQL.hiddenOfCustomer),
            arguments: [customer.description]
        ) ?? false
    }

    /// Keeps the bans of a customer who is forgotten, without the names.
    static func hideBans(of customer: String, in database: Database) throws {
        let players = try String.fetchAll(
            database,
            sql: "SELECT player FROM player_ban WHERE customer = ?",
            arguments: [customer]
        )
        for player in players {
            try database.execute(
                sql: "INSERT OR IGNORE INTO hidden_player_ban (hash, customer) VALUES (?, ?)",
                arguments: [try hash(of: player, in: database), customer]
            )
        }
        try database.execute(sql: "DELETE FROM player_ban WHERE customer = ?", arguments: [customer])
    }

    /// Ends what is left of a forgotten customer's bans, and says which players with ranks that concerns.
    private static func endHiddenBans(of customer: CustomerKey, in database: Database) throws -> Set<String> {
        let hashes = Set(
            try String.fetchAll(
                database,
                sql: "DELETE FROM hidden_player_ban WHERE customer = ? RETURNING hash",
                arguments: [customer.description]
            )
        )
        guard !hashes.isEmpty else { return [] }
        let players = try String.fetchAll(database, sql: "SELECT DISTINCT player FROM rank")
        return Set(try players.filter { hashes.contains(try hash(of: $0, in: database)) })
    }

    /// Keyed, so that a list of all names of the game is no key to it, nor a copy of another ledger.
    private static func hash(of player: String, in database: Database) throws -> String {
        let key = try Data.fetchOne(database.cachedStatement(sql: "SELECT key FROM hash_key"))
        guard let key else { throw CorruptRow(table: "hash_key", what: "no key") }
        return HMAC<SHA256>.authenticationCode(for: Data(player.utf8), using: SymmetricKey(data: key)).hexadecimal
    }
}

/// Statements about players' bans whose query plan is tested.
enum BanSQL {
    static let named = "SELECT customer FROM player_ban WHERE player = ? LIMIT 1"
    static let hidden = "SELECT customer FROM hidden_player_ban WHERE hash = ? LIMIT 1"
    static let hiddenOfCustomer = "SELECT EXISTS (SELECT 1 FROM hidden_player_ban WHERE customer = ?)"
    static let ofCustomer = "SELECT name FROM player_ban WHERE customer = ?"
}
