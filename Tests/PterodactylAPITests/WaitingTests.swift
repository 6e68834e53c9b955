import PterodactylAPI
import Synchronization
import Testing

/// What happened, in its order.
private final class Log<Entry: Sendable>: Sendable {
    private let all = Mutex<[Entry]>([])

    var entries: [Entry] { all.withLock { $0 } }

    func append(_ entry: Entry) {
        all.withLock { $0.append(entry) }
    }
}

/// Calls that wait for their turn.
struct WaitingTests {
    private static let account =
        #"{"object": "user", "attributes": {"id": 1, "admin": true, "username": "a", "email": "a@b"}}"#

    private struct World {
        var clock = ManualClock()
        var panel: TestPanel
        var client: PterodactylPanel

        /// A panel that allows one request a minute, which is spent.
        init() async throws {
            let clock = self.clock
            let minutes = Log<Int>()
            panel = TestPanel { _ in
                let minute = Int(clock.clock.uptime() / .seconds(61))
                minutes.append(minute)
                let used = minutes.entries.count { $0 == minute }
                return .json(
                    200,
                    WaitingTests.account,
                    ["x-ratelimit-limit": "1", "x-ratelimit-remaining": String(max(0, 1 - used))]
                )
            }
            var options = PterodactylPanel.Options()
            options.clock = clock.clock
            options.clientBudget = .init(limit: 1, share: 1)
            client = try panel.client(options)
            _ = try await client.ownAccount()
        }
    }

    @Test func `a call waits for the next window and then goes`() async throws {
        let world = try await World()
        async let account = world.client.ownAccount()
        await until { world.client.budget(.client).waiting == 1 && world.clock.sleeping == 1 }
        #expect(world.panel.requests.count == 1)
        world.clock.advance(by: .seconds(61))
        _ = try await account
        #expect(world.panel.requests.count == 2)
        #expect(world.client.budget(.client).waits == 1)
    }

    @Test func `a newly paid customer goes before a change that came earlier`() async throws {
        let world = try await World()
        let order = Log<RequestPriority>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (waiting, priority) in [RequestPriority.change, .audit, .newlyPaid].enumerated() {
                group.addTask {
                    _ = try await PterodactylPanel.$priority.withValue(priority) { try await world.client.ownAccount() }
                    order.append(priority)
                }
                await until { world.clock.sleeping == waiting + 1 }
            }
            for done in 1...3 {
                world.clock.advance(by: .seconds(61))
                await until { order.entries.count == done && world.clock.sleeping == 3 - done }
            }
            try await group.waitForAll()
        }
        #expect(order.entries == [.newlyPaid, .change, .audit])
    }

    @Test func `a call of work for which something urgent comes to wait goes as that would, and only then`()
        async throws
    {
        let clock = ManualClock()
        let panel = TestPanel { _ in .json(200, Self.account) }
        var options = PterodactylPanel.Options()
        options.clock = clock.clock
        options.clientBudget = .init(limit: 20, share: 1)
        let client = try panel.client(options)
        // Of 20 calls, 3 are left to what matters more than a change.
        for _ in 1...17 { _ = try await client.ownAccount() }
        let urgency = Urgency(.change)
        async let held = PterodactylPanel.$urgency.withValue(urgency) { try await client.ownAccount() }
        await until { client.budget(.client).waiting == 1 && clock.sleeping == 1 }
        urgency.raise(to: .audit)
        #expect(urgency.priority == .change && panel.requests.count == 17)
        urgency.raise(to: .newlyPaid)
        _ = try await held
        #expect(panel.requests.count == 18)
        let status = client.budget(.client)
        #expect(status.waiting == 0 && status.remaining == 2)
    }

    @Test func `work that waits and is cancelled sends nothing, whatever it may have become`() async throws {
        let world = try await World()
        let urgency = Urgency(.change)
        let task = Task {
            try await PterodactylPanel.$urgency.withValue(urgency) { try await world.client.ownAccount() }
        }
        await until { world.client.budget(.client).waiting == 1 && world.clock.sleeping == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        urgency.raise(to: .newlyPaid)
        #expect(world.client.budget(.client).waiting == 0)
        #expect(world.panel.requests.count == 1)
    }

    @Test func `a task that is cancelled while it waits leaves the queue and sends nothing`() async throws {
        let world = try await World()
        let task = Task { try await world.client.ownAccount() }
        await until { world.client.budget(.client).waiting == 1 && world.clock.sleeping == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(world.client.budget(.client).waiting == 0)
        #expect(world.panel.requests.count == 1)
    }

    @Test func `whoever gives up and whenever, no right to a request is lost`() async throws {
        let clock = ManualClock()
        let panel = TestPanel { _ in .json(200, Self.account) }
        var options = PterodactylPanel.Options()
        options.clock = clock.clock
        options.clientBudget = .init(limit: 40, share: 1)
        let client = try panel.client(options)
        let tasks = (0..<300).map { _ in Task { try await client.ownAccount() } }
        await until { client.budget(.client).waiting > 100 }
        for (number, task) in tasks.enumerated() {
            if number % 3 == 0 { task.cancel() }
            if number % 20 == 0 { clock.advance(by: .seconds(30)) }
        }
        let driver = Task {
            while !Task.isCancelled {
                clock.advance(by: .seconds(1))
                await Task.yield()
            }
        }
        var done = 0
        for task in tasks {
            if case .success = await task.result { done += 1 }
        }
        driver.cancel()
        await driver.value
        #expect(done >= 200 && panel.requests.count == done)
        clock.advance(by: .seconds(61))
        _ = try await client.ownAccount()
        let status = client.budget(.client)
        #expect(status.waiting == 0 && status.remaining == 39)
    }

    @Test func `the two APIs do not wait for each other`() async throws {
        let world = try await World()
        async let waiting = world.client.ownAccount()
        await until { world.client.budget(.client).waiting == 1 && world.clock.sleeping == 1 }
        _ = try? await world.client.user(id: 1)
        #expect(world.panel.requests.count == 2)
        world.clock.advance(by: .seconds(61))
        _ = try await waiting
    }

    @Test func `a queue that is full says so at once`() async throws {
        let clock = ManualClock()
        let panel = TestPanel { _ in .json(429, #"{"errors": []}"#, ["retry-after": "30"]) }
        var options = PterodactylPanel.Options()
        options.clock = clock.clock
        options.clientBudget.queueLimit = 0
        let client = try panel.client(options)
        let first = await failure { _ = try await client.ownAccount() }
        #expect(first?.kind == .rateLimited(retryAfter: .seconds(30)))
        let second = await failure { _ = try await client.ownAccount() }
        #expect(second?.kind == .overloaded && second?.effectUnknown == false)
        #expect(panel.requests.count == 1)
    }
}
