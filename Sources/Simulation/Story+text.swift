import Oracle

extension Story: CustomStringConvertible {
    /// The story for people to read, one line for each thing that happens.
    package var description: String {
        let head = "Story of seed \(seed): \(people.count) customers, \(servers.joined(separator: ", ")); \(rules)"
        return ([head] + acts.map { "\(moment($0.at)) \($0.what)" }).joined(separator: "\n")
    }

    /// Days and time since the beginning.
    private func moment(_ moment: Moment) -> String {
        let seconds = (moment - start).milliseconds / 1000
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "day \(seconds / 86_400) \(clock.joined(separator: ":"))"
    }
}
