import ArgumentParser
import Billing
import Entitlements
import Foundation
import Ledger
import SQLiteLedger

struct ScaleBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Start, memory, intake and one customer's plan with many subscriptions in the ledger."
    )

    @Option(help: "The program to measure, built for release.")
    var program = ".build/release/paydactyl"

    @Option(help: "Subscriptions in the ledger, a customer each.")
    var subscriptions = 100_000

    @Option(help: "Seconds of each measurement of intake.")
    var seconds = 4

    @Option(help: "Rounds of intake, each into an empty ledger and then into the full one.")
    var rounds = 3

    func run() async throws {
        let full = try Workspace()
        defer { full.remove() }
        try await fill(full.file("ledger.sqlite").path)
        let service = try ServiceUnderTest.start(program: program, workspace: full)
        defer { service.child.stop() }
        say(
            "start to ready with \(subscriptions) subscriptions: \(service.readyAfter.inMilliseconds.rounded(0)) ms (wanted: 10000)"
        )
        try await settle(service)
        try plans(service)
        var shares: [Double] = []
        for round in 1...rounds {
            let empty = try Workspace()
            defer { empty.remove() }
            let small = try ServiceUnderTest.start(program: program, workspace: empty, port: 18760)
            defer { small.child.stop() }
            let few = try intake(small, "round \(round), empty")
            let many = try intake(service, "round \(round), \(subscriptions)")
            shares.append(many.rate / few.rate)
        }
        let median = shares.sorted()[rounds / 2]
        say("intake: median \(median.rounded(2)) of the rate into an empty ledger (wanted: 0.8)")
        say("memory: \(service.child.residentMegabytes.rounded(0)) MB (wanted: 400)")
    }

    /// Puts the subscriptions into a new ledger as deliveries would have.
    private func fill(_ path: String) async throws {
        let ledger = try SQLiteLedger(path: path)
        let decoder = DeliveryDecoder(calendar: .utc)
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let policy = FoldPolicy()
        try await ledger.refold(policy: policy, now: now)
        for first in stride(from: 1, through: subscriptions, by: 1000) {
            let bodies = (first..<min(first + 1000, subscriptions + 1)).map { number in
                Array(ServiceUnderTest.body(subscription: number, at: now).utf8)
            }
            let deliveries = bodies.map { body in
                NewDelivery(
                    source: "paymenter",
                    webhookID: UUID().uuidString,
                    event: BillingEvent.Kind.created.rawValue,
                    stampedAt: now,
                    receivedAt: now,
                    body: body,
                    secretIndex: 0,
                    verdict: .accepted
                )
            }
            let receipts = try await ledger.record(deliveries)
            let unfolded = try zip(receipts, bodies).compactMap { receipt, body -> UnfoldedDelivery? in
                guard case .recorded(let number) = receipt else { return nil }
                let decoded = try decoder.decode(body, stamps: DeliveryStamps(stampedAt: now, receivedAt: now))
                guard case .events(let events) = decoded else { return nil }
                return UnfoldedDelivery(number: number, events: events)
            }
            _ = try await ledger.fold(unfolded, policy: policy, now: now)
        }
        try ledger.close()
    }

    /// Waits until every customer was looked at once; the panel cannot be reached, so they all wait for it.
    private func settle(_ service: ServiceUnderTest) async throws {
        let begin = ContinuousClock.now
        var most = 0.0
        while let lanes = service.status()["lanes"] as? [String: Any],
            lanes["is_due"] as? Bool != false || lanes["under_way"] as? Int != 0,
            begin.duration(to: .now) < .seconds(300)
        {
            most = max(most, service.child.residentMegabytes)
            try await Task.sleep(for: .seconds(1))
        }
        say(
            "all looked at after \(begin.duration(to: .now).components.seconds) s; memory at most \(most.rounded(0)) MB (wanted: 400)"
        )
    }

    private func plans(_ service: ServiceUnderTest) throws {
        var plans: [Double] = []
        var connections: [Double] = []
        for number in stride(from: 1, through: subscriptions, by: max(1, subscriptions / 500)) {
            plans.append(try time(of: "/api/v1/customers/\(number)/explain", service))
            connections.append(try time(of: "/health/live", service))
        }
        say("one customer's plan, over the API and a new connection: \(percentiles(of: plans)) (wanted: 5)")
        say("a route that does nothing, in turns with it: \(percentiles(of: connections))")
    }

    /// In milliseconds.
    private func time(of path: String, _ service: ServiceUnderTest) throws -> Double {
        let start = ContinuousClock.now
        guard ServiceUnderTest.ask(service.port, "GET", path)?.status == 200 else {
            throw ServiceUnderTest.Failure(what: "\(path) was not answered")
        }
        return start.duration(to: .now).inMilliseconds
    }

    private func percentiles(of times: [Double]) -> String {
        let times = times.sorted()
        return "p50 \(times[times.count / 2].rounded(2)) ms, p99 \(times[times.count * 99 / 100].rounded(2)) ms"
    }

    private func intake(_ service: ServiceUnderTest, _ what: String) throws -> LoadResult {
        let secret = try WebhookSecret(ServiceUnderTest.secret)
        let (port, subscriptions) = (service.port, subscriptions)
        let before = service.child.processorMicroseconds
        let result = LoadGenerator.run(
            port: port,
            connections: 64,
            duration: .seconds(seconds),
            prepared: 30_000 * seconds / 64,
            expecting: [202]
        ) { connection, count in
            ServiceUnderTest.delivery(
                subscription: (connection * 7919 + count) % subscriptions + 1,
                id: UUID().uuidString,
                port: port,
                secret: secret
            )
        }
        let each = (service.child.processorMicroseconds - before) / Double(result.answers)
        say(
            "\(what): \(result.rate.rounded(0))/s, p99 \(result.percentile(0.99).rounded(2)) ms, \(each.rounded(1)) us of processor time each, \(result.failures) failures"
        )
        return result
    }
}
