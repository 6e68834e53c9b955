import Testing

@testable import paydactyl

struct ProgressBarTests {
    @Test(arguments: [
        (0, 10, "[                        ] 0 of 10  rows"), (5, 10, "[############            ] 5 of 10  rows"),
        (10, 10, "[########################] 10 of 10  rows"), (12, 10, "[########################] 12 of 10  rows"),
        (3, 0, "3  rows"),
    ])
    func `a bar is as full as the work is done`(_ done: Int, _ total: Int, _ line: String) {
        #expect(ProgressBar.line("rows", done: done, total: total) == line)
    }

    @Test func `what is not counted yet has no bar, and what others wrote does nothing to the terminal`() {
        #expect(ProgressBar.line("ro\u{1B}[2Jws", done: 3, total: nil).hasPrefix("3  ro"))
        #expect(!ProgressBar.line("ro\u{1B}[2Jws", done: 3, total: nil).contains("\u{1B}"))
    }
}
