import Oracle
import Synchronization

/// All that happened in a simulation, in order: two runs are alike if their traces are.
package struct Trace: Sendable {
    /// A running hash of every line (FNV-1a), the same in every process.
    package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    package private(set) var lines: [String] = []
    package private(set) var count = 0
    let keepsLines: Bool

    init(keepsLines: Bool) {
        self.keepsLines = keepsLines
    }

    mutating func add(_ line: String, at moment: Moment) {
        count += 1
        if keepsLines { lines.append("\(moment.milliseconds) \(line)") }
        mix(line.utf8)
        withUnsafeBytes(of: moment.milliseconds.littleEndian) { mix($0) }
    }

    private mutating func mix(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
}
