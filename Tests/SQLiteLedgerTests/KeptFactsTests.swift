import Entitlements
import Testing

@testable import SQLiteLedger

/// A fold takes the facts that it has just written without reading them again.
struct KeptFactsTests {
    private static let cleared: EventFacts = {
        var facts = EventFacts()
        facts.email = .cleared
        facts.paidThrough = .cleared
        facts.reason = .cleared
        facts.status = .cleared
        return facts
    }()

    private static let odd: EventFacts = {
        var facts = EventFacts()
        facts.customerID = .value("7 \"of\" \\ /")
        facts.email = .value("Ada@Example.COM")
        facts.name = .value("Ada \u{1F469}\u{200D}\u{1F680} L\u{E9}\n\u{7F}")
        facts.product = .value(ProductID(""))
        facts.tier = .value(TierID("knight"))
        facts.status = .value(SenderStatus(word: "Half-Paid"))
        facts.quantity = .value(-1)
        facts.paidThrough = .value(Timestamp(milliseconds: 1_999_999_999_999))
        facts.endsAt = .value(Timestamp(milliseconds: -1))
        facts.properties = ["minecraft_username": "Ada", "gone": nil, "": ""]
        return facts
    }()

    private static let spelled: EventFacts = {
        var facts = EventFacts()
        facts.status = .value(SenderStatus(word: "PAST-DUE"))
        return facts
    }()

    @Test(arguments: [EventFacts(), cleared, odd, spelled])
    func `facts are read as they were written`(facts: EventFacts) throws {
        let text = try JSONColumn.encode(facts)
        #expect(try JSONColumn.decode(EventFacts.self, from: text, of: "event") == facts)
    }
}
