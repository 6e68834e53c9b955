import Entitlements

/// What the API answers, as far as the command line shows it.
package enum AdminAnswer {
    /// One page of a list.
    package struct List<Item: Decodable & Sendable>: Decodable, Sendable {
        package var items: [Item]
        package var next: String?
    }

    package struct Status: Decodable, Sendable {
        package var version: String
        package var instance: String
        package var mode: String
        package var paused: Bool
        package var customers: Customers
        package var subscriptions: Int
        package var subscriptionsWithoutCustomer: Int
        package var deliveriesWaiting: Int
        package var oldestWaitingSeconds: Int
        package var billingHeardAt: String?
        package var billingSettings: BillingSettings?
        package var billingReadings: BillingReadings?
        package var lastTurnedAway: TurnedAway?
        /// What needs a person, a sentence each.
        package var attention: [String]
        package var breaker: Breaker
        package var panels: [String: Panel]

        package struct Customers: Decodable, Sendable {
            package var total: Int
            package var converged: Int
            package var banned: Int
            package var working: Int
            package var blocked: Int
            package var needsAttention: Int
        }

        package struct BillingSettings: Decodable, Sendable {
            package var suspendAfterDays: Int?
            package var terminateAfterDays: Int?
            package var conflicts: [String]
        }

        package struct BillingReadings: Decodable, Sendable {
            package var succeededAt: String?
            package var services: Int
            package var unsold: Int
            package var snapshotsWanted: Int
            package var failure: String?
            package var failingSince: String?
        }

        package struct TurnedAway: Decodable, Sendable {
            package var at: String
            package var status: Int
            package var detail: String
        }

        package struct Breaker: Decodable, Sendable {
            package var state: String
            package var heldCustomers: Int
        }

        package struct Panel: Decodable, Sendable {
            package var circuit: String
            package var reason: String?
            package var servers: Int?
            package var lastAudit: Audit?
            package var applicationBudget: Budget
            package var clientBudget: Budget
        }

        package struct Audit: Decodable, Sendable {
            package var number: Int
            package var finishedAt: String
            package var drifted: Int
        }

        package struct Budget: Decodable, Sendable {
            package var limit: Int
            package var remaining: Int
        }
    }

    /// What waits for a person, customer by customer.
    package struct Held: Decodable, Sendable {
        package var fingerprint: String
        /// How many there are in all; the fingerprint is of all of them, however many are listed.
        package var heldCustomers: Int
        package var held: [Customer]

        package struct Customer: Decodable, Sendable {
            package var customer: String
            package var email: String?
            package var reasons: [String]
        }

        /// Who would lose what, bounded: a thousand lines are not read either.
        package var lines: [String] {
            let shownCustomers = held.prefix(Self.listed).flatMap { customer in
                ["\(shown(customer.email ?? "")) (\(shown(customer.customer)))"]
                    + customer.reasons.map { "  \(shown($0))" }
            }
            let others = heldCustomers - min(held.count, Self.listed)
            return shownCustomers
                + (others > 0 ? ["and \(counted(others, "customer")) more: see `paydactyl plan`"] : [])
        }

        private static let listed = 50
    }

    /// A customer as lists show it, and what a customer's own page adds.
    package struct Customer: Decodable, Sendable {
        package var key: String
        package var id: String?
        package var email: String?
        package var name: String?
        package var state: String
        package var banned: Bool
        package var reasons: [String]
        package var since: String
        package var tier: String?
        package var nextChangeAt: String?
        package var explanation: [String]?
        package var overrides: [Override]?

        /// How people call them, made harmless: name, e-mail and id, as far as they are known.
        package var label: String {
            let words = [name, email].compactMap(\.self)
            guard !words.isEmpty else { return shown(key) }
            return shown(words.joined(separator: ", ") + (id.map { " (\($0))" } ?? ""))
        }
    }

    /// A server of a customer's own.
    package struct Dedicated: Decodable, Sendable {
        package var customer: String
        package var subscription: String
        package var panel: String
        package var number: Int
        package var server: Int?
        package var name: String
        package var state: String
        package var deletionWaitsSince: String?
        package var sentence: String
    }

    /// What importing a server of the panel would do.
    package struct Adoption: Decodable, Sendable {
        package var uuid: String
        package var name: String
        package var changes: [String]
        package var stays: [String]
        package var ownerDiffers: Bool
    }

    package struct TimelineEntry: Decodable, Sendable {
        package var at: String
        package var what: String
        package var detail: String
        /// The number of the delivery that said it.
        package var delivery: Int64?
        package var outcome: String?
    }

    /// A delivery; only one that is asked for by its number comes with its body.
    package struct Delivery: Decodable, Sendable {
        package var number: Int64
        package var source: String
        package var id: String
        package var event: String?
        package var customers: [String]
        package var concernsMore: Bool
        package var state: String
        package var stale: Bool
        package var note: String?
        package var receivedAt: String
        package var verifiedBySecret: Int
        package var acknowledgedBy: String?
        package var acknowledgedAt: String?
        package var body: String?
    }

    package struct Override: Decodable, Sendable {
        package var id: String
        package var customer: String
        package var kind: String
        package var tier: String?
        package var reason: String
        package var author: String
        package var until: String?
        package var endedAt: String?
        /// Why nothing comes of it now.
        package var obstacle: String?

        package var customerWords: String { AdminAnswer.customerWords(customer) }
    }

    /// A customer's key as people say it, made harmless.
    static func customerWords(_ key: String) -> String {
        "customer \(shown(CustomerKey(key)?.name ?? key))"
    }
}
