import ArgumentParser
import Assembly
import Foundation

struct Regrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send all ranks and grant commands to a server again, as after a wipe, and wait until that is done."
    )

    @Argument(help: "The server's name, identifier or number.")
    var server: String

    @Flag(help: "Do not wait.")
    var noWait = false

    @OptionGroup var service: ServiceOptions

    private struct Answer: Decodable {
        var server: String
        var ranks: Int
        var remaining: Int
        var blockedBecause: String?
    }

    func run() async throws {
        try await service.with { client in
            let path = ["servers", server, "regrant"]
            let answer = try await client.post(path)
            let begun = try AdminClient.read(Answer.self, from: answer)
            if noWait || begun.ranks == 0 { return report(begun, of: begun.ranks, answer) }
            let bar = ProgressBar(json: service.json)
            defer { bar.clear() }
            while true {
                let data = try await client.get(path)
                let now = try AdminClient.read(Answer.self, from: data)
                if now.remaining == 0 || now.blockedBecause != nil {
                    bar.clear()
                    return report(now, of: begun.ranks, data)
                }
                bar.show("ranks sent again", done: begun.ranks - now.remaining, total: begun.ranks)
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    private func report(_ answer: Answer, of total: Int, _ data: Data) {
        if service.json { return Screen.output.write(json: data) }
        if total == 0 { return Screen.output.write(shown("Nobody has a rank on \(answer.server).")) }
        let sent = total - answer.remaining
        var line = "\(counted(sent, "rank")) of \(total) sent again to \(answer.server)."
        if let why = answer.blockedBecause { line += " The rest waits: \(why)." }
        if noWait { line = "\(counted(total, "rank")) will be sent again to \(answer.server)." }
        Screen.output.write(shown(line))
    }
}
