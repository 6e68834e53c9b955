import Foundation
import PanelSimulator
import Synchronization
import Testing

/// Each kind of fault, in process.
struct FaultTests {
    private static let list = "/api/application/users"

    private func create(_ name: String) -> PanelRequest {
        let body: PanelJSON = [
            "email": .string("\(name)@example.test"), "username": .string(name), "first_name": "A", "last_name": "B",
        ]
        return .json("POST", Self.list, key: PanelWorld.applicationKey, body: body)
    }

    private func read() -> PanelRequest { .json("GET", Self.list, key: PanelWorld.applicationKey) }

    @Test(arguments: [
        ("app-database-down-500", Fault.Refusal.exception()),
        ("app-database-down-no-accept", .exception()),
        ("app-redis-down-500", .exception(code: "ConnectionException")),
        ("app-php-down-502-html", .badGateway),
        ("app-maintenance-mode-503", .maintenance),
        ("app-maintenance-mode-503-no-accept", .maintenance),
    ])
    func `a broken panel answers as the recorded one did`(_ name: String, _ refusal: Fault.Refusal) async throws {
        let panel = SimulatedPanel()
        panel.faults.add(.errorBefore(refusal))
        var replayer = Replayer(panel: panel)
        let recording = try Recording(name)
        let answer = await panel.answer(replayer.request(of: recording))
        replayer.compare(try #require(answer.response), with: recording)
        #expect(replayer.differences.isEmpty)
    }

    @Test
    func `an error before leaves nothing behind, an error after does`() async {
        let panel = SimulatedPanel()
        panel.faults.add(.errorBefore(.exception()), on: .method("POST"))
        #expect(await panel.answer(create("one")).response?.status == 500)
        #expect(panel.user(email: "one@example.test") == nil)
        panel.faults.add(.errorAfter(.badGateway), on: .method("POST"))
        let answer = await panel.answer(create("one")).response
        #expect(answer?.status == 502)
        #expect(answer?.header("content-type") == "text/html")
        #expect(panel.user(email: "one@example.test") != nil)
        #expect(panel.requests.map(\.isFaulted) == [true, true])
    }

    @Test
    func `closed connections come before or after the effect`() async {
        let panel = SimulatedPanel()
        panel.faults.add(.closedBefore)
        #expect(await panel.answer(create("one")).response == nil)
        #expect(panel.users.count == 1)
        panel.faults.add(.closedAfter)
        #expect(await panel.answer(create("one")).response == nil)
        #expect(panel.users.count == 2)
    }

    @Test
    func `limits and keys are refused at will`() async {
        let panel = SimulatedPanel()
        let id = panel.faults.add(.errorBefore(.unauthenticated), .always)
        #expect(await panel.answer(read()).response?.errorCode == "AuthenticationException")
        panel.faults.remove(id)
        panel.faults.add(.errorBefore(.tooManyRequests(retryAfter: 7)))
        let limited = await panel.answer(read()).response
        #expect(limited?.status == 429)
        #expect(limited?.header("retry-after") == "7")
        #expect(await panel.answer(read()).response?.status == 200)
    }

    @Test
    func `latencies pass before the effect, late answers after it`() async {
        let slept = Mutex<[(Duration, Int)]>([])
        let current = Mutex<SimulatedPanel?>(nil)
        let panel = SimulatedPanel(
            .recorded,
            sleep: { duration in
                let users = current.withLock { $0?.users.count } ?? 0
                slept.withLock { $0.append((duration, users)) }
            }
        )
        current.withLock { $0 = panel }
        panel.faults.add(.latency(.seconds(3)))
        panel.faults.add(.lateAnswer(.seconds(5)))
        #expect(await panel.answer(create("one")).response?.status == 201)
        #expect(slept.withLock { $0.map(\.0) } == [.seconds(3), .seconds(5)])
        #expect(slept.withLock { $0.map(\.1) } == [1, 2])
    }

    @Test
    func `the date is always sent and may be wrong`() async {
        let panel = SimulatedPanel(.recorded, now: { Date(timeIntervalSince1970: 1_795_430_482) })
        #expect(await panel.answer(read()).response?.header("date") == "Mon, 23 Nov 2026 10:41:22 GMT")
        panel.faults.clockSkew = .seconds(-3600)
        #expect(await panel.answer(read()).response?.header("date") == "Mon, 23 Nov 2026 09:41:22 GMT")
        panel.faults.add(.errorBefore(.badGateway))
        #expect(await panel.answer(read()).response?.header("date") == "Mon, 23 Nov 2026 09:41:22 GMT")
    }

    @Test
    func `chances are drawn from the seed`() async {
        func run(seed: UInt64) async -> [Int?] {
            let panel = SimulatedPanel(.recorded, faults: FaultPlan(seed: seed))
            panel.faults.add(.errorBefore(.exception()), .chance(0.5))
            var statuses: [Int?] = []
            for _ in 0..<40 { statuses.append(await panel.answer(read()).response?.status) }
            return statuses
        }
        let first = await run(seed: 7)
        #expect(await run(seed: 7) == first)
        #expect(await run(seed: 8) != first)
        #expect(Set(first) == [200, 500])
    }

    @Test
    func `a script may let some requests pass first`() async {
        let panel = SimulatedPanel()
        let rule = panel.faults.add(.errorBefore(.page(status: 503)), .after(1, next: 2))
        var statuses: [Int?] = []
        for _ in 0..<4 { statuses.append(await panel.answer(read()).response?.status) }
        #expect(statuses == [200, 503, 503, 200])
        #expect(panel.faults.count(of: rule) == 2)
        panel.faults.removeAll()
        #expect(panel.faults.count(of: rule) == nil)
    }

    @Test
    func `requests are counted by route`() async {
        let panel = SimulatedPanel()
        _ = await panel.answer(read())
        _ = await panel.answer(create("one"))
        _ = await panel.answer(PanelRequest("GET", "/nowhere"))
        #expect(
            panel.requestCounts[
                "GET /api/application/users"
            ] == 1
        )
        #expect(panel.requestCounts["POST /api/application/users"] == 1)
        #expect(panel.requests.map(\.status) == [200, 201, 404])
        #expect(panel.requestCount == 3)
    }
}
