import Billing
import Entitlements
import Foundation
import PanelSimulator
import Provisioning

/// Lets a story happen, and tells what the panel shows after each step and why.
struct StoryTeller {
    let panel: SimulatedPanel
    let client: AdminClient
    let sender: DeliverySender
    let pause: Duration
    let isColoured: Bool
    let write: @Sendable ([String]) -> Void

    /// How long a step may take before it counts as failed.
    private static let patience: Duration = .seconds(15)

    /// What each subscriber should have now, and whether all steps came out right.
    private(set) var expected: [Subscriber: ShownAccess] = [:]
    private(set) var failures = 0

    init(
        panel: SimulatedPanel,
        client: AdminClient,
        sender: DeliverySender,
        pause: Duration,
        isColoured: Bool,
        write: @escaping @Sendable ([String]) -> Void
    ) {
        self.panel = panel
        self.client = client
        self.sender = sender
        self.pause = pause
        self.isColoured = isColoured
        self.write = write
    }

    mutating func tell(_ steps: [DemoStory.Step]) async throws {
        for step in steps {
            switch step {
            case .chapter(let title): write(["", TextStyle.bold.applied(to: title, isColoured)])
            case .act(let act): try await perform(act)
            }
            if pause > .zero { try await Task.sleep(for: pause) }
        }
    }

    private mutating func perform(_ act: DemoStory.Act) async throws {
        let begin = ContinuousClock.now
        var what = "(nothing is said)"
        if let delivery = act.delivery {
            let body = delivery(ServiceClock.system.now())
            what = body.kind.rawValue
            let answer = try await sender.send(try body.json(), id: "demo_\(UUID().uuidString.lowercased())")
            guard answer.status == 202 else {
                throw CommandFailure(.didNotHold, "A delivery was answered with \(answer.status): \(answer.word)")
            }
        }
        expected[act.subscriber] = act.access
        let seen = try await see(act, since: begin)
        let elapsed = begin.duration(to: .now)
        if !seen.isRight { failures += 1 }
        write(lines(for: act, what: what, seen, elapsed))
    }

    private struct Seen {
        var access: ShownAccess
        var reason: String
        var isRight: Bool
    }

    /// Looks at the panel and asks the service until both say what they should, or patience ends.
    private func see(_ act: DemoStory.Act, since begin: ContinuousClock.Instant) async throws -> Seen {
        while true {
            let access = access(of: act.subscriber)
            let reason = access == act.access ? try await reason(for: act.subscriber) : ""
            let isRight = access == act.access && reason.contains(act.because)
            if isRight || begin.duration(to: .now) > Self.patience {
                let told = try await reason.isEmpty ? self.reason(for: act.subscriber) : reason
                return Seen(access: access, reason: told, isRight: isRight)
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func access(of subscriber: Subscriber) -> ShownAccess {
        var shown = ShownAccess()
        for (server, people) in panel.access {
            if let permissions = people[subscriber.email] { shown.servers[server] = permissions }
        }
        return shown
    }

    /// The service's own sentence about the subscription; empty while it knows nothing of the customer.
    func reason(for subscriber: Subscriber) async throws -> String {
        do {
            let customer = try await client.get(AdminAnswer.Customer.self, ["customers", subscriber.customer])
            return customer.explanation?.first ?? ""
        } catch let failure as CommandFailure where failure.outcome == .didNotHold {
            return ""
        }
    }

    private func lines(for act: DemoStory.Act, what: String, _ seen: Seen, _ elapsed: Duration) -> [String] {
        let mark =
            seen.isRight ? TextStyle.green.applied(to: "✓", isColoured) : TextStyle.red.applied(to: "✗", isColoured)
        let milliseconds = elapsed.milliseconds
        let time = milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 100 * 100) ms"
        let head = "\(mark) \(act.subscriber.name) \(act.words)"
        let delivery = TextStyle.dim.applied(to: what, isColoured)
        var lines = ["\(head)", "    \(delivery) → \(seen.access) on the panel, after \(time)"]
        if !seen.isRight { lines.append("    expected: \(act.access), and a reason that says \"\(act.because)\"") }
        lines.append("    " + TextStyle.dim.applied(to: "because: \(shown(seen.reason))", isColoured))
        return lines
    }
}
