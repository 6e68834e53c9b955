import Testing

@testable import Web

/// Marks that turn the direction of writing, in what others wrote.
struct DirectionMarkTests {
    @Test func `marks become visible, and letters from right to left stay`() {
        #expect("Ada\u{202E}gnp.exe".withoutDirectionMarks == "Ada\u{FFFD}gnp.exe")
        #expect("\u{200F}\u{061C}\u{2066}x\u{2069}".withoutDirectionMarks == "\u{FFFD}\u{FFFD}\u{FFFD}x\u{FFFD}")
        #expect("עדה לאבלייס 👩‍🚀".withoutDirectionMarks == "עדה לאבלייס 👩‍🚀")
    }
}
