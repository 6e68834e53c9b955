import Assembly
import Testing

/// Tables for people.
struct TextTableTests {
    private static let long = String(repeating: "x", count: 200) + "@example.com"

    @Test func `what is very long is shortened in its middle, so that its ends still tell whose it is`() throws {
        var table = TextTable("CUSTOMER", "DETAIL", "REASON", whole: ["DETAIL"])
        table.add([Self.long, Self.long, Self.long])
        let line = try #require(table.lines(coloured: false).last)
        let cells = line.split(separator: "  ").map(String.init)
        #expect(cells[0].count == 60 && cells[0].contains("xx…xx") && cells[0].hasSuffix("@example.com"))
        #expect(cells[1...] == [Self.long, Self.long], "what is for reading stays whole")
    }

    @Test func `what is of ordinary length stands whole`() throws {
        var table = TextTable("E-MAIL", "STATE")
        let email = "a-rather-long-address-of-somebody@subdomain.example.com"
        table.add([email, "blocked"])
        #expect(table.lines(coloured: false).last == "\(email)  blocked")
    }

    @Test func `a name can turn neither a line nor a screen around`() throws {
        var table = TextTable("CUSTOMER", "REASON")
        table.add(["Ada\u{202E}gnp.exe", "held\u{1B}[2J\nFAKE"])
        #expect(table.lines(coloured: false).last == "Ada�gnp.exe  held�[2J�FAKE")
    }
}
