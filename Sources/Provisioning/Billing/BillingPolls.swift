package import Entitlements
package import Ledger
import Synchronization

/// What the last readings of Paymenter's API came to, and which services its extension should speak of anew.
///
/// It is computed anew with every reading, so it is in no ledger: a reading that finds nothing writes nothing.
package final class BillingPolls: Sendable {
    /// A service of which a fresh snapshot is wanted, and why.
    package struct Wanted: Hashable, Sendable {
        package var subscription: SubscriptionID
        package var because: [String]
        package var since: Timestamp
        /// In how many readings one after the other it stood out.
        package var readings: Int
    }

    package struct Report: Hashable, Sendable {
        /// The last reading that came to its end.
        package var succeededAt: Timestamp?
        package var services = 0
        /// Active services of products in no tier.
        package var unsold = 0
        package var failure: Failure?
        package var wanted: [Wanted] = []

        /// Those that stood out for several readings although they were asked for.
        package var overdue: [Wanted] { wanted.filter { $0.readings >= BillingPolls.patience } }
    }

    package struct Failure: Hashable, Sendable {
        package var sentence: String
        package var since: Timestamp
    }

    /// A contradiction may be a delivery that is under way, and the extension may take a while to be asked.
    static let patience = 3
    /// More are not listed; the hourly full list tells of the others.
    static let most = 1000

    private let state = Mutex(Report())

    package init() {}

    package var report: Report { state.withLock { $0 } }

    /// When billing was last heard: by a delivery, or by a reading of its API that came to its end.
    package func heardAt(by ledger: any Ledger) async throws -> Timestamp? {
        [try await ledger.billingHeardAt(), report.succeededAt].compactMap(\.self).max()
    }

    func succeed(services: Int, unsold: Int, contradictions: [SubscriptionID: [String]], now: Timestamp) {
        state.withLock { report in
            let before = Dictionary(uniqueKeysWithValues: report.wanted.map { ($0.subscription, $0) })
            let wanted = contradictions.map { id, because in
                Wanted(
                    subscription: id,
                    because: because,
                    since: before[id]?.since ?? now,
                    readings: (before[id]?.readings ?? 0) + 1
                )
            }
            report = Report(
                succeededAt: now,
                services: services,
                unsold: unsold,
                wanted: wanted.sorted { ($0.since, $0.subscription) < ($1.since, $1.subscription) }
            )
        }
    }

    func fail(_ sentence: String, now: Timestamp) {
        state.withLock { report in
            report.failure = Failure(sentence: sentence, since: report.failure?.since ?? now)
        }
    }
}
