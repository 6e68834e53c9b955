/// Looks until something has come about; `false` where it has not within a limit.
///
/// Looking asks the same machine that has to bring it about, so most of the time is left to that: a pause is six times as long as the look
/// before it, 10 to 250 ms.
package func comesAbout(within limit: Duration = .seconds(90), _ condition: () async throws -> Bool) async throws
    -> Bool
{
    let deadline = ContinuousClock.now + limit
    while true {
        let begun = ContinuousClock.now
        if try await condition() { return true }
        let seen = ContinuousClock.now
        guard seen < deadline else { return false }
        try await Task.sleep(for: min(max((seen - begun) * 6, .milliseconds(10)), .milliseconds(250)))
    }
}
