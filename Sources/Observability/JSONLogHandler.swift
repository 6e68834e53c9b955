package import Logging

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Writes each log event as one JSON object on one line: `timestamp`, `level`, `label`, `message`, then the metadata by its dotted keys, sorted.
///
/// It never throws and never writes a broken line: text is escaped and bounded, whatever it holds.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let sink: LogSink
    private let limits: Limits
    private let now: @Sendable () -> Int64

    /// How much of an event is written.
    package struct Limits: Sendable {
        package var messageBytes = 8192
        package var valueBytes = 4096
        package var keyBytes = 128
        /// Metadata entries of an event after flattening, and elements of one list.
        package var entries = 64
        package var depth = 8

        package init() {}
    }

    package init(
        label: String,
        level: Logger.Level = .info,
        sink: LogSink = .standardError,
        metadataProvider: Logger.MetadataProvider? = nil,
        limits: Limits = Limits(),
        now: @escaping @Sendable () -> Int64 = JSONLogHandler.wallClock
    ) {
        self.label = label
        logLevel = level
        self.sink = sink
        self.metadataProvider = metadataProvider
        self.limits = limits
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = JSONText()
        line.append(raw: "{\"timestamp\":")
        line.append(string: rfc3339(milliseconds: now()), limit: 32)
        line.append(raw: ",\"level\":")
        line.append(string: event.level.rawValue, limit: 32)
        line.append(raw: ",\"label\":")
        line.append(string: label, limit: limits.keyBytes)
        line.append(raw: ",\"message\":")
        line.append(string: event.message.description, limit: limits.messageBytes)
        if let error = event.error {
            line.append(raw: ",\"error\":")
            line.append(string: String(describing: error), limit: limits.valueBytes)
        }
        append(
            entries(of: event),
            besides: event.error == nil ? Self.ownKeys : Self.ownKeys.union(["error"]),
            to: &line
        )
        line.append(raw: "}\n")
        sink.write(line.bytes)
    }

    /// Milliseconds since 1970 by the system's clock.
    package static let wallClock: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension JSONLogHandler {
    private static let ownKeys: Set<String> = ["timestamp", "level", "label", "message"]

    /// What the event says goes before what the task carries, and that before what the logger carries.
    private func entries(of event: LogEvent) -> FlatMetadata {
        var flat = FlatMetadata(depth: limits.depth)
        flat.add(metadata)
        if let provided = metadataProvider?.get() { flat.add(provided) }
        if let own = event.metadata { flat.add(own) }
        return flat
    }

    /// Metadata that would take one of the line's own keys gets a prefix.
    private func append(_ flat: FlatMetadata, besides taken: Set<String>, to line: inout JSONText) {
        let sorted = flat.values.sorted { $0.key < $1.key }
        for (key, value) in sorted.prefix(limits.entries) {
            line.append(raw: ",")
            line.append(string: taken.contains(key) ? "metadata.\(key)" : key, limit: limits.keyBytes)
            line.append(raw: ":")
            append(value, depth: 0, to: &line)
        }
        if sorted.count > limits.entries {
            line.append(raw: ",\"metadata.dropped\":")
            line.append(string: String(sorted.count - limits.entries), limit: 32)
        }
    }

    private func append(_ value: Logger.MetadataValue, depth: Int, to line: inout JSONText) {
        switch value {
        case .string(let text): line.append(string: text, limit: limits.valueBytes)
        case .stringConvertible(let value): line.append(string: value.description, limit: limits.valueBytes)
        case .array(let values) where depth < limits.depth:
            line.append(raw: "[")
            for (index, element) in values.prefix(limits.entries).enumerated() {
                if index > 0 { line.append(raw: ",") }
                append(element, depth: depth + 1, to: &line)
            }
            line.append(raw: "]")
        case .dictionary(let values) where depth < limits.depth:
            line.append(raw: "{")
            for (index, entry) in values.sorted(by: { $0.key < $1.key }).prefix(limits.entries).enumerated() {
                if index > 0 { line.append(raw: ",") }
                line.append(string: entry.key, limit: limits.keyBytes)
                line.append(raw: ":")
                append(entry.value, depth: depth + 1, to: &line)
            }
            line.append(raw: "}")
        case .array, .dictionary: line.append(string: "…", limit: 3)
        }
    }
}

/// Metadata with its dictionaries flattened: `["panel": ["id": 3]]` is `panel.id`.
private struct FlatMetadata {
    private(set) var values: [String: Logger.MetadataValue] = [:]
    let depth: Int

    mutating func add(_ metadata: Logger.Metadata) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            add(value, key: key, depth: 0)
        }
    }

    private mutating func add(_ value: Logger.MetadataValue, key: String, depth: Int) {
        guard case .dictionary(let inner) = value, depth < self.depth, !inner.isEmpty else {
            values[key] = value
            return
        }
        for (innerKey, innerValue) in inner.sorted(by: { $0.key < $1.key }) {
            add(innerValue, key: "\(key).\(innerKey)", depth: depth + 1)
        }
    }
}
