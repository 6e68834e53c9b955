import Foundation
import SpawnActions

/// The start of one child: what its descriptors are to be.
///
/// It closes what it opened, but for what is released.
final class Launch {
    #if canImport(Darwin)
    private var actions: posix_spawn_file_actions_t?
    private var attributes: posix_spawnattr_t?
    #else
    private var actions = posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()
    #endif
    private var opened: Set<Int32> = []

    init() throws {
        try check(posix_spawn_file_actions_init(&actions), "prepare a child")
        try check(posix_spawnattr_init(&attributes), "prepare a child")
    }

    deinit {
        for descriptor in opened { close(descriptor) }
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }

    /// Yields the end to write to, if there is one.
    func connect(_ input: ChildProcess.Input) throws -> Int32? {
        switch input {
        case .nothing:
            try open("/dev/null", O_RDONLY, as: STDIN_FILENO)
            return nil
        case .written:
            let (reading, writing) = try pipe()
            try duplicate(reading, to: STDIN_FILENO)
            return writing
        case .terminal(let terminal):
            try open(terminal.path, O_RDWR | O_NOCTTY, as: STDIN_FILENO)
            return nil
        }
    }

    /// Yields the end to read from, if there is one.
    func connect(_ output: ChildProcess.Output, to descriptor: Int32) throws -> Int32? {
        switch output {
        case .discarded: try open("/dev/null", O_WRONLY, as: descriptor)
        case .appended(let path): try open(path, O_WRONLY | O_CREAT | O_APPEND, as: descriptor)
        case .inherited: try duplicate(descriptor, to: descriptor)
        case .terminal(let terminal): try open(terminal.path, O_RDWR | O_NOCTTY, as: descriptor)
        case .lines:
            let (reading, writing) = try pipe()
            try duplicate(writing, to: descriptor)
            return reading
        }
        return nil
    }

    /// Has the child begin in this folder; what was connected before is found from the folder of the tests.
    func enter(_ folder: String) throws {
        try check(spawn_actions_enter(&actions, folder), "enter \(folder)")
    }

    func start(_ executable: String, _ arguments: [String], _ environment: [String: String]) throws -> pid_t {
        try setAttributes()
        let words = CStrings([executable] + arguments)
        let variables = CStrings(environment.map { "\($0)=\($1)" })
        var id: pid_t = 0
        let result = posix_spawn(&id, executable, &actions, &attributes, words.pointers, variables.pointers)
        try check(result, "start \(executable)")
        return id
    }

    /// Leaves a descriptor to the caller.
    func release(_ descriptor: Int32?) -> Int32? {
        descriptor.flatMap { opened.remove($0) }
    }

    /// Nothing of the tests is passed on: neither their descriptors nor what they do with signals.
    private func setAttributes() throws {
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        #if canImport(Darwin)
        flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
        #endif
        try check(spawn_actions_close_from(&actions, STDERR_FILENO + 1), "close descriptors")
        var signals = sigset_t()
        sigemptyset(&signals)
        try check(posix_spawnattr_setsigmask(&attributes, &signals), "unblock signals")
        sigfillset(&signals)
        try check(posix_spawnattr_setsigdefault(&attributes, &signals), "reset signals")
        try check(posix_spawnattr_setflags(&attributes, Int16(flags)), "prepare a child")
    }

    private func open(_ path: String, _ flags: Int32, as descriptor: Int32) throws {
        try check(posix_spawn_file_actions_addopen(&actions, descriptor, path, flags, 0o600), "open \(path)")
    }

    private func duplicate(_ descriptor: Int32, to other: Int32) throws {
        try check(posix_spawn_file_actions_adddup2(&actions, descriptor, other), "pass a descriptor on")
    }

    private func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        try check(Foundation.pipe(&ends) == 0 ? 0 : errno, "make a pipe")
        opened.formUnion(ends)
        return (ends[0], ends[1])
    }

    private func check(_ result: Int32, _ attempt: String) throws {
        guard result == 0 else { throw NotStarted(attempt: attempt, reason: String(cString: strerror(result))) }
    }
}

/// A program could not be started.
package struct NotStarted: Error, CustomStringConvertible {
    var attempt: String
    var reason: String

    package var description: String { "Cannot \(attempt): \(reason)" }
}

/// Texts as C wants a list of them.
private final class CStrings {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ texts: [String]) {
        pointers = texts.map { strdup($0) } + [nil]
    }

    deinit {
        for pointer in pointers { free(pointer) }
    }
}
