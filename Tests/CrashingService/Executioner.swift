import Foundation
import Observability
import Synchronization

/// Ends the process as a power cut would, at a crash point that the test names while the service runs.
final class Executioner: Sendable {
    private let remaining: Mutex<[CrashPoint: Int]> = Mutex([:])

    /// Obeys the lines that come in: `crash <point> <times>`; the end of the input ends the process, so that none outlives its test.
    func obey() {
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "crash", let point = CrashPoint(rawValue: String(words[1])),
                let times = Int(words[2])
            else {
                say("not understood: \(line)")
                continue
            }
            remaining.withLock { $0 = [point: times] }
            CrashPoint.arm { self.pass($0) }
            say("armed")
        }
        exit(3)
    }

    func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    private func pass(_ point: CrashPoint) {
        remaining.withLock { remaining in
            guard let times = remaining[point] else { return }
            remaining[point] = times - 1
            // Inside the lock, so that nobody who comes after gets past.
            if times == 1 { kill(getpid(), SIGKILL) }
        }
    }
}
