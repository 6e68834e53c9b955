/// Everything that is wrong with a configuration, at once; it never holds a secret.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Never empty; by line.
    package let problems: [ConfigurationProblem]

    package var description: String {
        let count = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return "\(file): \(count)\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}

/// One thing that is wrong, where it stands, and what is allowed there.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    package let source: ConfigurationSource
    /// The key with those above it, such as `policy.grace_period`; empty if it is about the file.
    package let key: String
    package let text: String

    package var description: String {
        [source.description, key, text].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Where a value was written down.
package enum ConfigurationSource: Hashable, Sendable, CustomStringConvertible {
    case file
    case line(Int)
    /// The name of an environment variable.
    case variable(String)

    package var description: String {
        switch self {
        case .file: ""
        case .line(let number): "line \(number)"
        case .variable(let name): name
        }
    }

    var order: Int {
        switch self {
        case .line(let number): number
        case .file: .max - 1
        case .variable: .max
        }
    }
}

/// Collects what a reading finds, so that a person sees all of it and not the first of many.
final class Findings {
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [String] = []

    func report(_ source: ConfigurationSource, _ key: String, _ text: String) {
        let problem = ConfigurationProblem(source: source, key: key, text: text)
        if !problems.contains(problem) { problems.append(problem) }
    }

    func warn(_ text: String) {
        warnings.append(text)
    }

    func error(file: String) -> ConfigurationError {
        let sorted = problems.enumerated().sorted {
            ($0.element.source.order, $0.offset) < ($1.element.source.order, $1.offset)
        }
        return ConfigurationError(file: file, problems: sorted.map(\.element))
    }
}
