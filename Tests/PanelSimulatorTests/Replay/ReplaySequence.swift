import PanelSimulator
import Testing

/// Recordings in the order in which they were made, with what a person did in between.
struct ReplaySequence: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case play(String)
        case hand(@Sendable (SimulatedPanel, ReplayClock) -> Void)
    }

    let name: String
    let users: [PanelUser]
    let steps: [Step]

    init(_ name: String, users: [PanelUser] = [], @ReplayBuilder steps: () -> [Step]) {
        self.name = name
        self.users = users
        self.steps = steps()
    }

    var testDescription: String { name }

    /// The names of the recordings that are played.
    var played: [String] {
        steps.compactMap { step in
            if case .play(let name) = step { name } else { nil }
        }
    }
}

/// Writes a sequence as texts with names of recordings, and as things that are done by hand.
@resultBuilder
enum ReplayBuilder {
    static func buildExpression(_ names: String) -> [ReplaySequence.Step] {
        names.split(whereSeparator: \.isWhitespace).map { .play(String($0)) }
    }

    static func buildExpression(
        _ hand: @escaping @Sendable (SimulatedPanel, ReplayClock) -> Void
    ) -> [ReplaySequence.Step] {
        [.hand(hand)]
    }

    static func buildBlock(_ parts: [ReplaySequence.Step]...) -> [ReplaySequence.Step] {
        parts.flatMap(\.self)
    }
}
