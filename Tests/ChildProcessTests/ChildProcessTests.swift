import ChildProcess
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ChildProcessTests {
    @Test func `a child says how it ended, to whoever asks and as often`() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "exit 7"])
        #expect(await child.exit() == .exited(7))
        #expect(await child.exit(within: .seconds(60)) == .exited(7))
        #expect(!child.isRunning)
        child.signal(SIGTERM)
    }

    @Test func `its arguments, environment, folder and outputs are what was asked for`() async throws {
        let child = try ChildProcess(
            "/bin/sh",
            [
                "-c", #"echo "$1"; echo "$COLOUR$HOME"; pwd; echo wrong >&2; printf half"#, "sh",
                "two words\nand a line",
            ],
            environment: ["COLOUR": "blue"],
            in: "/",
            output: .lines,
            errors: .lines
        )
        #expect(await child.lines.all() == ["two words", "and a line", "blue", "/"])
        #expect(await child.errorLines.all() == ["wrong"])
        #expect(await child.exit() == .exited(0))
    }

    @Test func `a file gets its output after what it holds`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "child-\(UUID().uuidString)")
        defer { unlink(file.path) }
        for word in ["one", "two"] {
            let child = try ChildProcess("/bin/echo", [word], output: .appended(to: file.path))
            #expect(await child.exit() == .exited(0))
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == "one\ntwo\n")
    }

    @Test func `it answers what is written, ends when told, and takes nothing after that`() async throws {
        let child = try ChildProcess("/bin/cat", input: .written, output: .lines)
        try child.write("are you there?\n")
        #expect(await child.lines.first { _ in true } == "are you there?")
        #expect(child.isRunning)
        child.signal(SIGTERM)
        #expect(await child.exit() == .signalled(SIGTERM))
        #expect(throws: (any Error).self) { try child.write("and now?\n") }
    }

    @Test func `without a writer its input is empty`() async throws {
        let child = try ChildProcess("/bin/cat")
        #expect(await child.exit() == .exited(0))
    }

    @Test func `it has no descriptor but its three`() async throws {
        let foreign = dup(STDOUT_FILENO)
        defer { close(foreign) }
        let child = try ChildProcess("/bin/ls", ["/dev/fd"], output: .lines)
        let descriptors = await child.lines.all()
        // The fourth is the folder that it lists.
        #expect(descriptors.sorted() == ["0", "1", "2", "3"])
    }

    @Test func `it ignores and blocks no signal that the tests do`() async throws {
        signal(SIGPIPE, SIG_IGN)
        let child = try ChildProcess("/bin/sh", ["-c", "kill -PIPE $$; echo survived"], output: .lines)
        #expect(await child.exit() == .signalled(SIGPIPE))
    }

    @Test func `what is not there is not started, and says so`() throws {
        let error = #expect(throws: NotStarted.self) { try ChildProcess("/nonexistent/program") }
        #expect(error?.description == "Cannot start /nonexistent/program: No such file or directory")
    }

    @Test func `who does not end in time is killed`() async throws {
        let child = try ChildProcess("/bin/cat", input: .written)
        #expect(await child.exit(within: .milliseconds(1)) == nil)
        #expect(await child.exit() == .signalled(SIGKILL))
    }

    @Test func `a wait that is cancelled kills`() async throws {
        let child = try ChildProcess("/bin/cat", input: .written)
        let waiting = Task { await child.exit() }
        waiting.cancel()
        #expect(await waiting.value == .signalled(SIGKILL))
    }

    @Test func `it does not outlive its owner`() async throws {
        func linesOfOneForgotten() throws -> AsyncStream<String> {
            try ChildProcess("/bin/sleep", ["600"], output: .lines).lines
        }
        #expect(try await linesOfOneForgotten().all() == [])
    }

    @Test func `many waits hold up nobody`() async throws {
        let children = try (0..<ProcessInfo.processInfo.activeProcessorCount + 4).map { _ in
            try ChildProcess("/bin/cat", input: .written)
        }
        // Each wait can end only after a later one has: threads that they kept to themselves would run out.
        await withTaskGroup(of: Void.self) { group in
            for index in children.indices {
                group.addTask {
                    #expect(await children[index].exit() == .signalled(SIGTERM))
                    if index > 0 { children[index - 1].signal(SIGTERM) }
                }
            }
            children.last?.signal(SIGTERM)
        }
    }
}

extension AsyncStream<String> {
    fileprivate func all() async -> [String] {
        var all: [String] = []
        for await line in self { all.append(line) }
        return all
    }
}
