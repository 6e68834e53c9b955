import ChildProcess
import Foundation

/// What a process wrote, synced and answered, as `strace -f -y` shows it.
struct SyncTrace {
    private(set) var answers = 0
    /// The first answer given while the log held something unsynced, or nothing new at all.
    private(set) var unsynced: String?
    private var isDirty = false
    private var hasWritten = false
    /// Syncs of the log that have begun, by thread.
    private var syncing: Set<String> = []

    init(_ text: String) {
        for line in text.split(separator: "\n") { read(String(line)) }
    }

    private mutating func read(_ line: String) {
        let thread = line.prefix { $0.isNumber }
        let call = line.dropFirst(thread.count).drop { $0 == " " }
        if call.hasPrefix("pwrite64(") || call.hasPrefix("write(") || call.hasPrefix("writev("), call.contains("-wal>")
        {
            isDirty = true
            hasWritten = true
        } else if call.hasPrefix("fdatasync(") || call.hasPrefix("fsync("), call.contains("-wal>") {
            if call.contains("<unfinished") { syncing.insert(String(thread)) } else { sync(call) }
        } else if call.hasPrefix("<... fdatasync resumed>") || call.hasPrefix("<... fsync resumed>") {
            if syncing.remove(String(thread)) != nil { sync(call) }
        } else if call.hasPrefix("write(1"), call.contains("\"ACK ") {
            answers += 1
            if isDirty || !hasWritten, unsynced == nil { unsynced = line }
            hasWritten = false
        }
    }

    private mutating func sync(_ call: some StringProtocol) {
        if call.hasSuffix("= 0") { isDirty = false }
    }
}

/// Whether this machine lets a process be traced.
enum Strace {
    static let path = "/usr/bin/strace"

    static func works() async throws -> Bool {
        guard FileManager.default.isExecutableFile(atPath: path) else { return false }
        let tracer = try ChildProcess(path, ["-o", "/dev/null", "true"], errors: .discarded)
        return await tracer.exit() == .exited(0)
    }
}
