/// Where tasks of their own run, as a task does not inherit that from the one that makes it.
package enum TaskHome {
    /// `nil` is the machine's pool; a simulation puts its own thread here.
    @TaskLocal package static var executor: (any TaskExecutor)?
}

/// Runs work to its end even if the caller is cancelled meanwhile.
///
/// A task of its own, because it alone is not cancelled with its maker; it is awaited, so it never outlives it.
func uncancelled(_ work: @escaping @Sendable () async -> Void) async {
    await Task(executorPreference: TaskHome.executor) { await work() }.value
}
