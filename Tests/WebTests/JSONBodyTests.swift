import NIOCore
import Testing

@testable import Web

struct JSONBodyTests {
    private struct Things: Encodable {
        var someThings: [String: Inner]
        struct Inner: Encodable { var itsName: String }
    }

    @Test func `fields are in snake case, and names that people gave stay as they are`() throws {
        let text = String(buffer: try JSONBody.encode(Things(someThings: ["myPanel": .init(itsName: "<a/\u{7}\"")])))
        #expect(text == #"{"some_things":{"myPanel":{"its_name":"<a/\u0007\""}}}"#)
    }
}
