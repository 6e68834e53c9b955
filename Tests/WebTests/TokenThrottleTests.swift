import Entitlements
import Testing

@testable import Web

struct TokenThrottleTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    @Test func `an address waits after five guesses, until the first is five minutes ago`() {
        let throttle = TokenThrottle()
        for number in 0..<5 {
            #expect(throttle.wait(for: "a", now: start + .seconds(number)) == nil)
            throttle.noteGuess("guess \(number)", by: "a", now: start + .seconds(number))
        }
        #expect(throttle.wait(for: "a", now: start + .seconds(10)) == .seconds(290))
        #expect(throttle.wait(for: "a", now: start + .seconds(300)) == nil)
        throttle.noteGuess("guess 6", by: "a", now: start + .seconds(300))
        #expect(throttle.wait(for: "a", now: start + .seconds(300)) == .seconds(1))
    }

    @Test func `the guesses of however many others keep nobody waiting`() {
        let throttle = TokenThrottle()
        for number in 0..<3000 { throttle.noteGuess("guess \(number)", by: "other \(number / 6)", now: start) }
        #expect(throttle.wait(for: "a", now: start) == nil)
        #expect(throttle.wait(for: "other 499", now: start) != nil)
    }

    @Test func `the same wrong token is no further guess`() {
        let throttle = TokenThrottle()
        for _ in 0..<100 { throttle.noteGuess("the old token", by: "a", now: start) }
        #expect(throttle.wait(for: "a", now: start) == nil)
    }

    @Test func `of more addresses than it remembers it forgets those that guessed longest ago`() {
        let throttle = TokenThrottle()
        for address in 0..<1002 {
            for guess in 0..<5 {
                throttle.noteGuess("guess \(guess)", by: "address \(address)", now: start + .milliseconds(address))
            }
        }
        let now = start + .seconds(2)
        #expect(throttle.wait(for: "address 0", now: now) == nil)
        #expect(throttle.wait(for: "address 1", now: now) == nil)
        #expect(throttle.wait(for: "address 2", now: now) != nil)
        #expect(throttle.wait(for: "address 1001", now: now) != nil)
    }
}
