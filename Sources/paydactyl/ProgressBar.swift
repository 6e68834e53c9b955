import Assembly

/// How far long work is, on one line of a terminal that is written again and again; where no terminal is, nothing.
struct ProgressBar: Sendable {
    private let isShown: Bool

    /// Programs that read JSON are shown none.
    init(json: Bool) {
        isShown = !json && Screen.error.isTerminal
    }

    func show(_ what: String, done: Int, total: Int?) {
        if isShown { Screen.error.rewrite(Self.line(what, done: done, total: total)) }
    }

    func clear() {
        if isShown { Screen.error.rewrite("") }
    }

    /// Runs a request, and meanwhile shows what the service says is under way.
    func during<Value: Sendable>(
        _ client: AdminClient,
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        guard isShown else { return try await body() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(500))
                    try await showUnderWay(client)
                }
            }
            defer {
                group.cancelAll()
                clear()
            }
            return try await body()
        }
    }

    func showUnderWay(_ client: AdminClient) async throws {
        guard isShown else { return }
        let work = try await client.get(AdminAnswer.List<AdminAnswer.Work>.self, ["work"]).items
        if let first = work.first { show(first.what, done: first.done, total: first.total) }
    }

    private static let width = 24

    /// Such as `[######                  ] 250 of 1000  Panel main is read: servers`.
    static func line(_ what: String, done: Int, total: Int?) -> String {
        guard let total, total > 0 else { return "\(done)  \(shown(what))" }
        let filled = min(max(done, 0), total) * width / total
        let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
        return "[\(bar)] \(done) of \(total)  \(shown(what))"
    }
}
