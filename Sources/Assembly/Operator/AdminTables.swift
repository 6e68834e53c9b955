import Entitlements

extension AdminAnswer.Status {
    /// The service at a glance, for people.
    package func lines(coloured: Bool) -> [String] {
        var lines = [
            "Paydactyl \(shown(version)), instance \(shown(instance)), mode \(shown(mode))\(paused ? ", PAUSED" : "")"
        ]
        lines.append(
            "Customers: \(customers.total); converged \(customers.converged)\(ofThemBanned), working \(customers.working), "
                + "blocked \(customers.blocked), needing attention \(customers.needsAttention)"
        )
        lines.append("Subscriptions: \(subscriptions)\(withoutCustomer)")
        lines.append("Deliveries waiting: \(deliveriesWaiting)\(waitingSince)")
        lines.append("Billing was last heard \(billingHeardAt.map { "at \(shown($0))" } ?? "never")")
        if let readings = billingReadings { lines.append(readings.line) }
        lines += troubles.map { TextStyle.yellow.applied(to: $0, coloured) }
        var table = TextTable("PANEL", "STATE", "SERVERS", "LAST AUDIT", "CALLS LEFT (APPLICATION, CLIENT)", "REASON")
        for (name, panel) in panels.sorted(by: { $0.key < $1.key }) {
            table.add(panel.cells(name), styles: [1: panel.circuit == "closed" ? .green : .red])
        }
        return lines + [""] + table.lines(coloured: coloured)
    }

    private var ofThemBanned: String {
        customers.banned == 0 ? "" : " (\(customers.banned) of them banned, who have nothing)"
    }

    private var withoutCustomer: String {
        subscriptionsWithoutCustomer == 0 ? "" : " (\(subscriptionsWithoutCustomer) of nobody known yet)"
    }

    private var waitingSince: String {
        deliveriesWaiting == 0 ? "" : ", the oldest for \(oldestWaitingSeconds) s"
    }

    /// What the service says needs a person, and what is worth a look where something does not get through.
    private var troubles: [String] {
        var troubles = attention.map(shown)
        troubles += billingSettings?.conflicts.map(shown) ?? []
        if let turnedAway = lastTurnedAway {
            troubles.append(
                "A delivery was turned away at \(shown(turnedAway.at)) (\(turnedAway.status)): \(shown(turnedAway.detail))"
            )
        }
        return troubles
    }
}

extension AdminAnswer.Status.Panel {
    fileprivate func cells(_ name: String) -> [String] {
        [
            name, circuitWords, servers.map(String.init) ?? "",
            lastAudit.map { "\($0.finishedAt), \($0.drifted) drifted" } ?? "",
            "\(applicationBudget.remaining) of \(applicationBudget.limit), \(clientBudget.remaining) of \(clientBudget.limit)",
            reason ?? "",
        ]
    }

    /// What its circuit means to people; programs read the word itself.
    private var circuitWords: String {
        switch circuit {
        case "closed": "answers"
        case "locked": "locked: looks like another panel"
        default: "does not answer as it should"
        }
    }
}

extension AdminAnswer.Customer {
    /// Customers with their states, for people.
    package static func table(_ customers: [Self], coloured: Bool) -> [String] {
        var table = TextTable("CUSTOMER", "NAME", "E-MAIL", "STATE", "SINCE", "REASONS")
        for customer in customers {
            table.add(
                [
                    customer.id ?? customer.key, customer.name ?? "", customer.email ?? "", customer.stateWords,
                    customer.since, customer.reasons.joined(separator: " "),
                ],
                styles: [3: customer.stateStyle]
            )
        }
        return table.lines(coloured: coloured)
    }

    /// Who it is, how they stand and why, for people.
    package func explained(coloured: Bool) -> [String] {
        let head = "\(shown(label)): \(stateStyle.applied(to: shown(stateWords), coloured))"
        return [head + (tier.map { ", tier \(shown($0))" } ?? "")] + reasons.map { "  ! \(shown($0))" }
            + (explanation ?? []).map { "  \(shown($0))" }
    }

    package var stateWords: String {
        let words = state.replacing("_", with: " ")
        guard banned else { return words }
        return state == "converged" ? "banned" : "banned, \(words)"
    }

    package var stateStyle: TextStyle { .state(state) }
}

extension TextStyle {
    /// How a customer's state is set off.
    static func state(_ state: String) -> TextStyle {
        switch state {
        case "converged": .green
        case "working": .yellow
        default: .red
        }
    }
}

extension AdminAnswer.TimelineEntry {
    /// What was said and done, oldest first, for people.
    package static func table(_ entries: [Self], coloured: Bool) -> [String] {
        var table = TextTable("TIME", "WHAT", "DETAIL", "DELIVERY", "OUTCOME", whole: ["DETAIL"])
        for entry in entries {
            table.add([
                entry.at, entry.what, entry.detail, entry.delivery.map { "\($0)" } ?? "", entry.outcome ?? "",
            ])
        }
        return table.lines(coloured: coloured)
    }
}

extension AdminAnswer.Delivery {
    package static func table(_ deliveries: [Self], coloured: Bool) -> [String] {
        var table = TextTable("NUMBER", "RECEIVED", "SOURCE", "EVENT", "CUSTOMER", "STATE", "NOTE")
        for delivery in deliveries {
            table.add(
                [
                    "\(delivery.number)", delivery.receivedAt, delivery.source, delivery.event ?? "",
                    delivery.concerned,
                    delivery.words, delivery.note ?? "",
                ],
                styles: [5: delivery.style]
            )
        }
        return table.lines(coloured: coloured)
    }

    /// All that is known of one.
    package func lines(coloured: Bool) -> [String] {
        let head = "Delivery \(number) of \(shown(source)), \(shown(event ?? "no event")), id \(shown(id))"
        return ["\(head): \(style.applied(to: words, coloured))"]
            + ["  received at \(shown(receivedAt)), signed with secret \(verifiedBySecret + 1) of the configuration"]
            + (customers.isEmpty
                ? [] : ["  concerns \(customers.count == 1 ? "customer" : "customers") \(shown(concerned))"])
            + [acknowledgement, note.map { "  ! \(shown($0))" }, body.map { "  \(shown($0))" }].compactMap(\.self)
    }

    private var concerned: String {
        customers.map { CustomerKey($0)?.name ?? $0 }.joined(separator: ", ") + (concernsMore ? " and others" : "")
    }

    private var words: String {
        let seen = acknowledgedBy.map { ", acknowledged by \($0)" } ?? ""
        return shown((stale ? "\(state), stale" : state) + seen)
    }

    private var acknowledgement: String? {
        guard let acknowledgedBy, let acknowledgedAt else { return nil }
        return "  acknowledged by \(shown(acknowledgedBy)) at \(shown(acknowledgedAt)): it needs nobody any more"
    }

    private var style: TextStyle {
        switch state {
        case "applied": .green
        case "waiting", "ignored": .yellow
        case _ where acknowledgedBy != nil: .yellow
        default: .red
        }
    }
}

/// A number with its word, as in "1 customer" and "2 customers".
package func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? "\(one)s")"
}

extension AdminAnswer.Status.BillingReadings {
    fileprivate var line: String {
        guard let succeededAt else { return "Paymenter's API has not been read yet" }
        return
            "Paymenter's API was last read at \(shown(succeededAt)): \(counted(services, "service")), \(unsold) of them in no tier; "
            + "fresh snapshots wanted: \(snapshotsWanted)"
    }
}
