import Assembly
import Foundation
import Logging
import Observability
import UnixSignals

/// The real service in a process of its own, for the crash tests to end at a named moment.
///
/// It prints `listening <port>` once it takes deliveries, and `armed` for each crash point that it was told on standard input.
@main
enum CrashingService {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            throw UsageError("One argument is needed: the settings as JSON.")
        }
        let settings = try JSONDecoder().decode(CrashingSettings.self, from: Data(CommandLine.arguments[1].utf8))
        let executioner = Executioner()
        let service = PaydactylService(
            configuration: try settings.configuration(),
            logger: Logger(label: "crashing") { JSONLogHandler(label: $0, level: .info, sink: .standardError) },
            onRunning: { executioner.say("listening \($0)") }
        )
        // Reading a line blocks, so it has a thread of its own.
        Thread { executioner.obey() }.start()
        try await service.run(signals: [.sigterm])
    }
}

struct UsageError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
