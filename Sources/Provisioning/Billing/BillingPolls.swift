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
    private let waiting = Mutex(Waiting())

    /// Who keeps access only because billing is silent.
    private struct Waiting {
        var customers: Set<CustomerKey> = []
        /// How often who waited was let go.
        var words = 0
    }

    package init() {}

    package var report: Report { state.withLock { $0 } }

    /// When billing was last heard: by a delivery, or by a reading of its API that came to its end.
    package func heardAt(by ledger: any Ledger) async throws -> Timestamp? {
        [try await ledger.billingHeardAt(), report.succeededAt].compactMap(\.self).max()
    }

    /// How often billing was heard while somebody could have waited for it.
    var words: Int { waiting.withLock { $0.words } }

    /// Has a customer looked at once billing is heard again; says whether it was not since so many words.
    func awaitWord(for customer: CustomerKey, since words: Int) -> Bool {
        waiting.withLock { waiting in
            guard waiting.words == words else { return false }
            waiting.customers.insert(customer)
            return true
        }
    }

    /// Billing was heard, of whomever: has those looked at who waited for that; says whether there were any.
    func letGo(_ ledger: any Ledger, now: Timestamp) async throws -> Bool {
        let customers = waiting.withLock { waiting in
            waiting.words += 1
            defer { waiting.customers = [] }
            return waiting.customers
        }
        guard !customers.isEmpty else { return false }
        do {
            try await ledger.mark(customers, priority: .change, now: now)
        } catch {
            waiting.withLock { $0.customers.formUnion(customers) }
            throw error
        }
        return true
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
