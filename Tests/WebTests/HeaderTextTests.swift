import HTTPTypes
import Testing

@testable import Web

struct HeaderTextTests {
    @Test(arguments: [[], [""], ["a"], ["a", "b"], ["a", "", "b, c"]])
    func `a header is read as the library reads it, in however many lines it came`(values: [String]) throws {
        let name = try #require(HTTPField.Name("webhook-signature"))
        var headers: HTTPFields = [.contentType: "application/json"]
        for value in values { headers.append(HTTPField(name: name, value: value)) }
        #expect(headers.text(of: name) == headers[name])
    }
}
