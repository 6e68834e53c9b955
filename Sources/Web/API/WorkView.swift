import Entitlements
import Ledger
import Provisioning

/// How far something is that takes long.
struct WorkView: Encodable {
    /// In words, with what is counted.
    var what: String
    var done: Int
    /// Absent while it is not known.
    var total: Int?
    /// Absent where it is not known since when.
    var since: String?

    var sentence: String {
        total.map { "\(what): \(done) of \($0)." } ?? "\(what): \(done)."
    }
}

extension AdminAPI {
    /// All long work that is under way: readings of panels, an import, a rollback, ranks that are sent again.
    func workUnderWay() async throws -> [WorkView] {
        var all = work.underWay.map {
            WorkView(what: $0.what, done: $0.done, total: $0.total, since: $0.since.iso8601)
        }
        if let rollback = try await ledger.rollbacks(before: nil, limit: 1).first, rollback.waiting > 0 {
            let done = rollback.done + rollback.left
            all.append(
                WorkView(
                    what: "Rollback \(rollback.number) goes back: rows",
                    done: done,
                    total: done + rollback.waiting,
                    since: rollback.at.iso8601
                )
            )
        }
        let world = world
        for (target, count) in try await ledger.rankCounts().sorted(by: { $0.key < $1.key }) where count.regranting > 0
        {
            all.append(
                WorkView(
                    what: "Ranks are sent again to \(world.targetName(target))",
                    done: count.total - count.regranting,
                    total: count.total
                )
            )
        }
        return all
    }
}
