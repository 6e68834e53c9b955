import Oracle

extension Story: CustomStringConvertible {
    /// The story for people to read, one line for each thing that happens.
    package var description: String {
        let head = "Story of seed \(seed): \(people.count) customers, \(servers.joined(separator: ", ")); \(rules)"
        return ([head] + acts.map { "\(moment($0.at)) \(text($0.what))" }).joined(separator: "\n")
    }

    private func text(_ what: Act.What) -> String {
        switch what {
        case .say(.telling(let telling), let passage): "\(text(telling)); \(text(passage))"
        case .say(.customer(let telling), let passage):
            "\(telling.kind.rawValue) customer \(telling.customer)\(telling.email.map { ", e-mail \($0)" } ?? ""); \(text(passage))"
        case .say(.list(let list), let passage):
            "list \(list.number); \(text(passage))"
                + list.entries.filter { owner(of: $0) != nil }.map { "\n      \(text($0))" }.joined()
        case .kill(let uses, let downtime): "kill after \(uses) uses, down for \(downtime)"
        case .weather(let weather):
            "weather " + weather.chances.map { "\($0.mishap) \($0.perMille)" }.joined(separator: ", ")
        case .hand(.give(let customer, let server, let permissions)):
            "give customer \(customer) on server \(server) \(permissions.listed)"
        case .hand(let hand): "\(hand)"
        case .join(let customer): "customer \(customer) comes to play"
        case .decree(let decree):
            "decree \(decree.number): \(decree.kind) customer \(decree.customer) until "
                + (decree.until.map(moment) ?? "it is ended")
        case .endDecree(let number): "end of decree \(number)"
        case .approve: "approve"
        case .reload(let offer): "reload" + offer.tiers.map { "\n      \(text($0))" }.joined()
        case .blow(let blow): "\(blow)"
        case .setClock(let skew): "the service's clock is set to \(skew) ahead of the true time"
        }
    }

    private func text(_ tier: Offer.Tier) -> String {
        let access = tier.access.map { "\($0.beginning)*: \($0.permissions.listed)" }
        let rank = tier.rank.map { ["rank \($0.group) on \($0.beginning)*"] } ?? []
        let server = tier.hasServer ? ["a server"] : []
        return "\(tier.name) (\(tier.products.joined(separator: ", "))): "
            + (access + rank + server).joined(separator: "; ")
    }

    private func owner(of telling: Telling) -> Int? {
        people.first { $0.subscriptions.contains(telling.subscription) }?.number
    }

    private func text(_ telling: Telling) -> String {
        let owner = owner(of: telling).map { "customer \($0)" } ?? "nobody"
        let dates = "paid through \(text(telling.paidThrough)), ends at \(text(telling.endsAt))"
        let hand = telling.isByHand ? ", by hand" : ""
        let facts = [telling.status?.rawValue, telling.product, telling.email, telling.player].map { $0 ?? "?" }.joined(
            separator: " "
        )
        return "\(telling.kind.rawValue) s\(telling.subscription) of \(owner): \(facts), \(dates)\(hand)"
    }

    private func text(_ date: Telling.Date) -> String {
        switch date {
        case .unsaid: "?"
        case .none: "none"
        case .on(let date): moment(date)
        }
    }

    private func text(_ passage: Passage) -> String {
        guard !passage.isLost else { return "lost" }
        return "after \(passage.delay)\(passage.losesAnswer ? ", its answer lost" : "")"
            + (passage.repeats.isEmpty ? "" : ", again after \(passage.repeats)")
    }

    /// Days and time since the beginning.
    private func moment(_ moment: Moment) -> String {
        let seconds = (moment - start).milliseconds / 1000
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "day \(seconds / 86_400) \(clock.joined(separator: ":"))"
    }
}

extension Set<String> {
    /// In one order in every process.
    fileprivate var listed: String { sorted().joined(separator: ", ") }
}
