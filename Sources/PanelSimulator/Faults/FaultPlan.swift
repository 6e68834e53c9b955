import Synchronization

/// Which requests meet which faults; it may be changed while the panel runs, from any task.
///
/// A rule applies to its next so many matching requests, or to each with a probability, or to all until it is removed.
/// Latencies of several rules add up; of the other faults the first that applies is taken.
package final class FaultPlan: Sendable {
    /// Names a rule, to remove it by.
    package struct RuleID: Sendable, Hashable {
        fileprivate var number: Int
    }

    private struct Rule: Sendable {
        var id: RuleID
        var fault: Fault
        var matching: RequestMatch
        var schedule: Schedule
        var fired = 0

        /// Whether the rule applies to one more matching request; it is counted if so.
        mutating func applies(random: inout RandomSource) -> Bool {
            let applies: Bool
            switch schedule {
            case .next(let count):
                applies = count > 0
                schedule = .next(max(0, count - 1))
            case .after(let others, let count):
                applies = others <= 0 && count > 0
                schedule = others > 0 ? .after(others - 1, next: count) : .after(0, next: max(0, count - 1))
            case .chance(let probability): applies = random.fraction() < probability
            case .always: applies = true
            }
            if applies { fired += 1 }
            return applies
        }
    }

    private struct State: Sendable {
        var random: RandomSource
        var rules: [Rule] = []
        var nextID = 1
        var clockSkew: Duration?
    }

    /// When a rule applies.
    package enum Schedule: Sendable {
        /// To so many matching requests.
        case next(Int)
        /// To so many matching requests after so many others.
        case after(Int, next: Int)
        /// To each matching request with that probability, from 0 to 1.
        case chance(Double)
        /// To all matching requests.
        case always
    }

    private let state: Mutex<State>

    /// A plan without rules; probabilities are drawn from the seed.
    package init(seed: UInt64 = 1) {
        self.state = Mutex(State(random: RandomSource(seed: seed)))
    }

    /// Adds a rule.
    @discardableResult
    package func add(
        _ fault: Fault,
        _ schedule: Schedule = .next(1),
        on matching: RequestMatch = .all
    ) -> RuleID {
        state.withLock { state in
            let id = RuleID(number: state.nextID)
            state.nextID += 1
            state.rules.append(Rule(id: id, fault: fault, matching: matching, schedule: schedule))
            return id
        }
    }

    /// Removes a rule.
    package func remove(_ id: RuleID) {
        state.withLock { $0.rules.removeAll { $0.id == id } }
    }

    /// Removes all rules and sets the clock right.
    package func removeAll() {
        state.withLock { state in
            state.rules = []
            state.clockSkew = nil
        }
    }

    /// How often a rule has applied; nil where it is gone.
    package func count(of id: RuleID) -> Int? {
        state.withLock { state in state.rules.first { $0.id == id }?.fired }
    }

    /// By how much the `Date` header is wrong (nil: it is right).
    package var clockSkew: Duration? {
        get { state.withLock { $0.clockSkew } }
        set { state.withLock { $0.clockSkew = newValue } }
    }

    /// Lets the next so many matching requests all begin before the first of them commits.
    ///
    /// They commit in the order in which they arrived: this is how a test makes a race happen for certain. If fewer
    /// arrive, they wait until ``Gate/open()`` is called.
    @discardableResult
    package func overlap(_ count: Int, on matching: RequestMatch) -> Gate {
        let gate = Gate(size: count)
        add(.gate(gate), .next(count), on: matching)
        return gate
    }

    /// The faults that a request meets.
    func faults(for request: PanelRequest) -> AppliedFaults {
        state.withLock { state in
            var applied = AppliedFaults(request: request, clockSkew: state.clockSkew)
            for index in state.rules.indices where state.rules[index].matching.matches(request) {
                guard state.rules[index].applies(random: &state.random) else { continue }
                applied.add(state.rules[index].fault)
            }
            return applied
        }
    }
}

/// Which requests a rule is about.
package struct RequestMatch: Sendable {
    private let test: @Sendable (PanelRequest) -> Bool

    /// A match of any kind.
    package init(_ test: @escaping @Sendable (PanelRequest) -> Bool) {
        self.test = test
    }

    /// All requests.
    package static let all = RequestMatch { _ in true }

    /// Requests of a method (nil: any) whose path, without its query, contains a text.
    package static func path(_ part: String, method: String? = nil) -> RequestMatch {
        RequestMatch { request in
            (method == nil || request.method == method) && request.path.contains(part)
        }
    }

    /// Requests of a route, such as `POST /api/application/users` or `DELETE /api/client/servers/{server}/users/{user}`.
    package static func route(_ name: String) -> RequestMatch {
        RequestMatch { request in
            do {
                return try Route.find(request).route.name == name
            } catch {
                return false
            }
        }
    }

    /// Requests of a method.
    package static func method(_ method: String) -> RequestMatch {
        RequestMatch { $0.method == method }
    }

    /// Requests that are meant to change something.
    package static let writes = RequestMatch { !["GET", "HEAD"].contains($0.method) }

    func matches(_ request: PanelRequest) -> Bool { test(request) }
}
