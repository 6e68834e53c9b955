import Foundation
import Synchronization

/// The life of one child: when it ends, and that no signal is sent to whoever has its number afterwards.
final class Life: Sendable {
    private enum State {
        case running(waiting: [CheckedContinuation<ChildProcess.Exit, Never>])
        case ended(ChildProcess.Exit)
    }

    private let id: pid_t
    private let state = Mutex(State.running(waiting: []))

    /// Begins to watch the child, on a thread of its own: the few threads that all tests share must not wait for a process.
    init(of id: pid_t) {
        self.id = id
        let thread = Thread { self.watch() }
        thread.stackSize = 1 << 18
        thread.start()
    }

    var isRunning: Bool {
        state.withLock { if case .running = $0 { true } else { false } }
    }

    func signal(_ signal: Int32) {
        state.withLock { if case .running = $0 { _ = kill(id, signal) } }
    }

    func exit() async -> ChildProcess.Exit {
        await withCheckedContinuation { continuation in
            let exit: ChildProcess.Exit? = state.withLock { state in
                switch state {
                case .ended(let exit): return exit
                case .running(let waiting):
                    state = .running(waiting: waiting + [continuation])
                    return nil
                }
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    private func watch() {
        var information = siginfo_t()
        // Leaves it a zombie, so that its number is still its own until no signal can be sent any more.
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0 {
            precondition(errno == EINTR, "Somebody else has waited for child \(id).")
        }
        let (exit, waiting) = state.withLock { state in
            let exit = reap()
            defer { state = .ended(exit) }
            guard case .running(let waiting) = state else { preconditionFailure("A child ends once.") }
            return (exit, waiting)
        }
        for continuation in waiting { continuation.resume(returning: exit) }
    }

    private func reap() -> ChildProcess.Exit {
        var status: Int32 = 0
        while waitpid(id, &status, 0) != id {
            precondition(errno == EINTR, "Somebody else has waited for child \(id).")
        }
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
    }
}
