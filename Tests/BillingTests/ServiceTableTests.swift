import Billing
import Entitlements
import Testing

/// Tables of an existing community.
struct ServiceTableTests {
    private static let header = "subscription_id,customer_email,product_id,paid_through"

    private func read(_ text: String) throws -> [ImportedService] {
        try ServiceTable.read(text, calendar: .utc)
    }

    @Test func `a table with every column is read, quoted fields and Windows line ends among them`() throws {
        let text = """
            subscription_id,customer_id,customer_email,customer_name,product_id,paid_through,quantity,property:minecraft_username\r
            5,77,ada@example.test,"Lovelace, ""Ada""\u{22},knight,2026-12-23,2,Ada_Lovelace\r
            \r
            6,,bob@example.test,,awakened,never,,\r
            """
        let services = try read("\u{FEFF}" + text)
        #expect(services.map(\.id) == ["5", "6"])
        let facts = services[0].facts
        #expect(facts.customerID == .value("77"))
        #expect(facts.name == .value("Lovelace, \"Ada\""))
        #expect(facts.product == .value("knight"))
        #expect(facts.paidThrough.value?.rfc3339 == "2026-12-23T23:59:59.999Z")
        #expect(facts.quantity == .value(2))
        #expect(facts.properties == ["minecraft_username": "Ada_Lovelace"])
        #expect(facts.status == .value(.active))
        #expect(services[1].facts.customerID == .unstated)
        #expect(services[1].facts.paidThrough == .cleared)
    }

    @Test(arguments: [
        ("", ["the table is empty"]),
        ("subscription_id,customer_email,product_id\n1,a@b,x", ["line 1: the column paid_through is missing"]),
        (header + ",paid_through\n", ["line 1: a column stands there twice"]),
        (header + "\n1,ada@example.test,knight", ["line 2: has 3 fields where the first line has 4"]),
        (
            header + "\n,nobody,,tomorrow\n1,a@b.test,knight,never\n1,a@b.test,knight,never",
            [
                "line 2: subscription_id: is empty", "line 2: customer_email: is no e-mail address",
                "line 2: product_id: is empty",
                "line 2: paid_through: is no date; write 2026-12-23, 2026-12-23T10:00:00Z or never",
                "line 4: subscription_id: stands on line 3 already",
            ]
        ),
        (header + "\n1,\"a@b.test,knight,never", ["line 2: a quote is not closed"]),
    ])
    func `each line that cannot be used is named`(_ text: String, mistakes: [String]) {
        #expect(throws: ServiceTable.Mistakes(lines: mistakes)) { try read(text) }
    }
}
