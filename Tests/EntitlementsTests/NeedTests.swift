import Entitlements
import Foundation
import Testing

/// Whatever needs a person says what the person is to do.
struct NeedTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    /// How remedies begin: with what to do.
    private static let verbs: Set<String> = [
        "Add", "Allow", "Answer", "Approve", "Change", "Check", "Clear", "Compare", "Correct", "Define", "End", "Enter",
        "Find", "Free", "Give", "Grant", "Hand", "Reload", "Restart", "Have", "Leave", "Look", "Make", "Mend", "Name",
        "Put", "Refund",
        "Replay", "Run", "Say", "See", "Send", "Set", "Settle", "Take", "Write",
    ]

    /// What stands as `do:` in a file, from its first word on.
    private static func remedies(in file: URL) throws -> [String] {
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.matches(of: /\bdo: (?:"""\s*|")([^\n]+)/).map { String($0.output.1) }
    }

    @Test func `every remedy in the sources begins with what to do`() throws {
        let files =
            FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
        let remedies = try files.flatMap(Self.remedies)
        #expect(remedies.count > 50)
        for remedy in remedies {
            #expect(Self.verbs.contains(String(remedy.prefix { $0.isLetter })), "\(remedy)")
        }
    }

    @Test(arguments: [
        Notice.unknownStatus("odd"), .dateAheadOfDelivery, .latePaymentKeptEnded, .undatedPaymentKeptEnded,
        .undatedReturnKeptEnded, .cancellationWithoutDate,
    ])
    func `what a subscription's events ask of a person names the subscription and ends with what to do`(notice: Notice)
        throws
    {
        let need = try #require(notice.need(of: "sub-9"))
        #expect(need.matter.contains("sub-9"))
        #expect(need.sentence == "\(need.matter) \(need.remedy)" && need.sentence.hasSuffix("."))
    }

    @Test(arguments: [Notice.failureOnOneTimePurchase, .firstPaymentFailed])
    func `what is of no consequence asks nobody`(notice: Notice) {
        #expect(notice.need(of: "sub-9") == nil)
    }
}
