import Synchronization
import Testing

@testable import Web

struct ReadinessTests {
    @Test func `asking often writes seldom`() async throws {
        let writes = Mutex(0)
        let readiness = Readiness(disk: DiskSpace { nil }) { writes.withLock { $0 += 1 } }
        for _ in 0..<50 { #expect(await readiness.reasons().isEmpty) }
        #expect(writes.withLock { $0 } <= 2)
    }

    @Test func `what stands in the way is told`() async throws {
        struct Gone: Error {}
        let readiness = Readiness(disk: DiskSpace { 12_000_000 }) { throw Gone() }
        #expect(
            await readiness.reasons() == [
                "The ledger's disk has 12 MB left; below 500 MB no deliveries are taken. Make room.",
                "The ledger cannot be written: Gone()",
            ]
        )
    }

    @Test func `a disk is looked at once in a while`() throws {
        let looks = Mutex(0)
        let disk = DiskSpace {
            looks.withLock { looks in
                looks += 1
                return 500_000_000
            }
        }
        for _ in 0..<100 { #expect(disk.shortage == nil) }
        #expect(looks.withLock { $0 } == 1)
    }

    @Test func `the real disk has a size, and what is not there has none`() {
        #expect((DiskSpace(holding: ".").free ?? 0) > 0)
        #expect(DiskSpace(holding: "/no/such/place").free == nil)
    }
}
