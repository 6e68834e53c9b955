import Entitlements
import Foundation
import Ledger
import SQLiteLedger

/// A process for tests to watch and to kill: it works with a ledger and says on its output what the ledger has confirmed.
///
/// `LedgerCrasher acknowledge FILE COUNT` records deliveries one by one; `LedgerCrasher work FILE RUN` records, folds, claims and writes
/// until it is killed.
@main
enum LedgerCrasher {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let number = Int(arguments[3]) else {
            FileHandle.standardError.write(Data("usage: LedgerCrasher acknowledge|work FILE NUMBER\n".utf8))
            exit(2)
        }
        let ledger = try SQLiteLedger(path: arguments[2])
        if arguments[1] == "acknowledge" {
            for index in 0..<number { try await acknowledge(["id-\(index)"], in: ledger) }
        } else {
            try await work(run: number, with: ledger)
        }
    }

    private static func work(run: Int, with ledger: SQLiteLedger) async throws {
        try await ledger.releaseAllLanes(now: moment(0))
        for round in 0... {
            try await acknowledge((0...(round % 3)).map { "id-\(run)-\(round)-\($0)" }, in: ledger)
            try await fold(in: ledger, now: moment(round))
            for claim in try await ledger.claimDue(limit: 2, lease: .seconds(60), now: moment(round)) {
                say("CLAIM \(claim.fence) \(claim.customer)")
                try await carryOut(claim, in: ledger, now: moment(round))
            }
        }
    }

    private static func acknowledge(_ ids: [String], in ledger: SQLiteLedger) async throws {
        let receipts = try await ledger.record(ids.map(delivery))
        for (id, receipt) in zip(ids, receipts) {
            if case .recorded = receipt { say("ACK \(id)") }
        }
    }

    private static func fold(in ledger: SQLiteLedger, now: Timestamp) async throws {
        let waiting = try await ledger.waitingDeliveries(limit: 2)
        let unfolded = waiting.map { UnfoldedDelivery(number: $0.number, events: [event(of: $0)]) }
        _ = try await ledger.fold(unfolded, policy: FoldPolicy(), now: now)
        for delivery in waiting { say("FOLDED \(delivery.webhookID)") }
    }

    private static func carryOut(_ claim: Claim, in ledger: SQLiteLedger, now: Timestamp) async throws {
        var step = LaneWrite()
        step.intents = [
            PanelOperation(customer: claim.customer, panel: "main", kind: .addSubuser, detail: "add", startedAt: now)
        ]
        var operations = try await ledger.write(step, under: claim, now: now)
        for operation in operations { say("TRYING \(operation.number)") }
        for index in operations.indices { operations[index].state = .done }
        step = LaneWrite()
        step.outcomes = operations
        _ = try await ledger.write(step, under: claim, now: now)
        for operation in operations { say("DONE \(operation.number)") }
        try await ledger.finish(claim, LaneOutcome(state: .converged, hasAccess: true), now: now)
    }

    private static func delivery(_ id: String) -> NewDelivery {
        NewDelivery(
            source: "paymenter",
            webhookID: id,
            event: "payment.succeeded",
            stampedAt: moment(0),
            receivedAt: moment(0),
            body: Array("{\"id\": \"\(id)\"}".utf8),
            secretIndex: 0,
            verdict: .accepted
        )
    }

    private static func event(of delivery: StoredDelivery) -> BillingEvent {
        var facts = EventFacts()
        facts.customerID = .value("\(delivery.number % 7)")
        return BillingEvent(
            kind: .paymentSucceeded,
            subscription: SubscriptionID("s\(delivery.number % 20)"),
            order: EventOrder(source: "paymenter", stampedAt: delivery.stampedAt, receivedAt: delivery.receivedAt),
            facts: facts
        )
    }

    private static func moment(_ round: Int) -> Timestamp {
        Timestamp(seconds: 1_790_000_000 + Int64(round))
    }

    /// One write, unbuffered: what was said was true before it could be read.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
