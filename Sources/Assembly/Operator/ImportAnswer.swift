extension AdminAnswer {
    /// Who pays and who has access, before a community is taken over.
    package struct Import: Decodable, Sendable {
        package struct Payer: Decodable, Sendable {
            package var subscription: String
            package var customer: String
            package var email: String?
            package var tier: String
            package var lacks: [String]
        }

        package struct Guest: Decodable, Sendable {
            package var panel: String
            package var email: String
            package var servers: [String]
        }

        package var services: Int
        package var paysAndHas: [Payer]
        package var paysAndLacks: [Payer]
        package var hasAndPaysNot: [Guest]
        package var known: Int
        package var unsold: [String: Int]
        package var nameless: [String]
        package var adopted: Int
        package var takenOver: Int
    }
}

extension AdminAnswer.Import {
    /// The comparison for people.
    package func lines(coloured: Bool) -> [String] {
        var lines = [
            "\(counted(services, "active service")): \(known) known already, \(paysAndHas.count) pay and have, \(paysAndLacks.count) pay and lack; "
                + "\(hasAndPaysNot.count) have access by hand and do not pay."
        ]
        if !unsold.isEmpty {
            let products = unsold.sorted { $0.key < $1.key }.map { "\(shown($0.key)) (\($0.value))" }
            lines.append("Of products in no tier, not taken over: \(products.joined(separator: ", "))")
        }
        if !nameless.isEmpty { lines.append("Of nobody known: \(nameless.map(shown).joined(separator: ", "))") }
        var payers = TextTable("SUBSCRIPTION", "CUSTOMER", "TIER", "LACKS")
        for payer in paysAndLacks + paysAndHas {
            payers.add([
                payer.subscription, payer.email ?? payer.customer, payer.tier, payer.lacks.joined(separator: "; "),
            ])
        }
        if !payers.isEmpty { lines += [""] + payers.lines(coloured: coloured) }
        var guests = TextTable("HAS AND PAYS NOT", "PANEL", "SERVERS")
        for guest in hasAndPaysNot {
            guests.add([guest.email, guest.panel, guest.servers.joined(separator: ", ")])
        }
        if !guests.isEmpty { lines += [""] + guests.lines(coloured: coloured) }
        return lines
    }
}
