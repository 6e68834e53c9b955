extension AdminAnswer.Status {
    /// The service at a glance, for people.
    package func lines(coloured: Bool) -> [String] {
        var lines = [
            "Paydactyl \(shown(version)), instance \(shown(instance)), mode \(shown(mode))\(paused ? ", PAUSED" : "")"
        ]
        lines.append(
            "Customers: \(customers.total); converged \(customers.converged), working \(customers.working), "
                + "blocked \(customers.blocked), needing attention \(customers.needsAttention)"
        )
        lines.append("Subscriptions: \(subscriptions)\(withoutCustomer)")
        lines.append("Deliveries waiting: \(deliveriesWaiting)\(waitingSince)")
        lines.append("Billing was last heard \(billingHeardAt.map { "at \(shown($0))" } ?? "never")")
        lines += troubles.map { TextStyle.yellow.applied(to: $0, coloured) }
        var table = TextTable("PANEL", "CIRCUIT", "SERVERS", "LAST AUDIT", "CALLS LEFT (APPLICATION, CLIENT)", "REASON")
        for (name, panel) in panels.sorted(by: { $0.key < $1.key }) {
            table.add(panel.cells(name), styles: [1: panel.circuit == "closed" ? .green : .red])
        }
        return lines + [""] + table.lines(coloured: coloured)
    }

    private var withoutCustomer: String {
        subscriptionsWithoutCustomer == 0 ? "" : " (\(subscriptionsWithoutCustomer) of nobody known yet)"
    }

    private var waitingSince: String {
        deliveriesWaiting == 0 ? "" : ", the oldest for \(oldestWaitingSeconds) s"
    }

    private var troubles: [String] {
        var troubles: [String] = []
        if breaker.heldCustomers > 0 {
            troubles.append(
                "The breaker holds the losses of \(counted(breaker.heldCustomers, "customer")): read `paydactyl plan`, then approve or "
                    + "discard."
            )
        }
        if billingIsSilent {
            troubles.append("Billing has been silent for longer than billing.silent_after; do its deliveries arrive?")
        }
        if let turnedAway = lastTurnedAway {
            troubles.append(
                "A delivery was turned away at \(shown(turnedAway.at)) (\(turnedAway.status)): \(shown(turnedAway.detail))"
            )
        }
        if deliveriesRefused > 0 {
            troubles.append(
                "Refused, since they could not be read: \(counted(deliveriesRefused, "signed delivery", "signed deliveries"))."
            )
        }
        if deliveriesConflicting > 0 {
            troubles.append(
                "Not applied, since another body came under the same id before: "
                    + "\(counted(deliveriesConflicting, "delivery", "deliveries"))."
            )
        }
        if deletionsWaiting > 0 {
            troubles.append(
                "Kept until somebody says `paydactyl confirm-deletion`: \(counted(deletionsWaiting, "server")) whose time is over."
            )
        }
        if let difference = senderClockDifferenceSeconds {
            troubles.append(
                "The sender's clock differed from ours by \(difference) s in a delivery that was refused; set both by NTP."
            )
        }
        return troubles
    }
}

extension AdminAnswer.Status.Panel {
    fileprivate func cells(_ name: String) -> [String] {
        [
            name, circuit, servers.map(String.init) ?? "",
            lastAudit.map { "\($0.finishedAt), \($0.drifted) drifted" } ?? "",
            "\(applicationBudget.remaining) of \(applicationBudget.limit), \(clientBudget.remaining) of \(clientBudget.limit)",
            reason ?? "",
        ]
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

    package var stateWords: String { state.replacing("_", with: " ") }

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
        var table = TextTable("TIME", "WHAT", "DETAIL", "OUTCOME")
        for entry in entries { table.add([entry.at, entry.what, entry.detail, entry.outcome ?? ""]) }
        return table.lines(coloured: coloured)
    }
}

/// A number with its word, as in "1 customer" and "2 customers".
package func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? "\(one)s")"
}
