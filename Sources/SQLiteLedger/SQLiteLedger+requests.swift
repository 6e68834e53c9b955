package import Entitlements
import Foundation
import GRDB
package import Ledger

extension SQLiteLedger {
    package func begin(_ request: KeyedRequest, now: Timestamp) async throws -> RequestStanding {
        try await store.write { database in
            let found = try Row.fetchOne(
                database,
                sql: "SELECT * FROM request WHERE author = ? AND key = ?",
                arguments: [request.author, request.key]
            )
            if let found { return Self.standing(of: found, for: request) }
            try database.execute(
                sql: "INSERT INTO request (author, key, fingerprint, seed, at) VALUES (?, ?, ?, ?, ?)",
                arguments: [request.author, request.key, request.fingerprint, request.seed, now.milliseconds]
            )
            return .new
        }
    }

    private static func standing(of row: Row, for request: KeyedRequest) -> RequestStanding {
        guard row["fingerprint"] == request.fingerprint else { return .another }
        guard let status = row["status"] as Int? else { return .cutOff(seed: row["seed"]) }
        return .answered(
            KeptAnswer(
                status: status,
                contentType: row["content_type"],
                location: row["location"],
                body: [UInt8](row["body"] as Data)
            )
        )
    }

    package func keep(_ answer: KeptAnswer, to request: KeyedRequest) async throws {
        try await store.write { database in
            try database.execute(
                sql: """
                    UPDATE request SET status = ?, content_type = ?, location = ?, body = ? WHERE author = ? AND key = ?
                    """,
                arguments: [
                    answer.status, answer.contentType, answer.location, Data(answer.body), request.author, request.key,
                ]
            )
        }
    }

    package func forget(_ request: KeyedRequest) async throws {
        try await store.write { database in
            try database.execute(
                sql: "DELETE FROM request WHERE author = ? AND key = ?",
                arguments: [request.author, request.key]
            )
        }
    }

    package func forgetRequests(before moment: Timestamp) async throws -> Int {
        try await store.write { database in
            try database.execute(sql: "DELETE FROM request WHERE at < ?", arguments: [moment.milliseconds])
            return database.changesCount
        }
    }

    package func accessTimes(limit: Int) async throws -> [AccessTime] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT at, waited FROM access_time ORDER BY number DESC LIMIT ?",
                arguments: [limit]
            ).map {
                AccessTime(at: Timestamp(milliseconds: $0["at"]), waited: .milliseconds($0["waited"] as Int64))
            }
        }
    }

    static func insert(_ time: AccessTime, in database: Database) throws {
        try database.cachedStatement(sql: "INSERT INTO access_time (at, waited) VALUES (?, ?)")
            .execute(arguments: [time.at.milliseconds, time.waited.milliseconds])
    }

    package func forgetAccessTimes(keeping newest: Int) async throws -> Int {
        try await store.write { database in
            try database.execute(
                sql: "DELETE FROM access_time WHERE number <= (SELECT max(number) FROM access_time) - ?",
                arguments: [newest]
            )
            return database.changesCount
        }
    }
}
