import ServiceConfiguration
import Testing

struct MutationTests {
    /// Small, fast and the same everywhere.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let fragments = [
        "{", "}", "[", "]", ": ", "- ", "#", "\n", "\t", "&a ", "*a", "!!binary ", "!!int ", "<<: ", "|", ">", "'",
        "\"", "%", "\u{0}", "\u{FEFF}", "é",
        "🦖", "~", "null", "---\n", "...\n", "? ", "99999999999999999999", "-1", "\\x", "\u{2028}", "policy:\n", "${X}",
        "0x10", "\r",
    ]

    private static func mutated(_ text: String, by random: inout SplitMix) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...6, using: &random) where !scalars.isEmpty {
            let place = Int.random(in: 0..<scalars.count, using: &random)
            let length = min(Int.random(in: 1...40, using: &random), scalars.count - place)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: scalars.removeSubrange(place..<place + length)
            case 1:
                scalars.insert(contentsOf: (fragments.randomElement(using: &random) ?? "").unicodeScalars, at: place)
            case 2:
                scalars.insert(
                    contentsOf: scalars[place..<place + length],
                    at: Int.random(in: 0..<scalars.count, using: &random)
                )
            case 3: scalars.removeSubrange(place...)
            default: scalars[place] = Unicode.Scalar(UInt8.random(in: 0...127, using: &random))
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no mutation of a file breaks the reader, and none makes it tell a secret`(seed: UInt64) {
        var random = SplitMix(state: seed)
        var refused = 0
        for round in 0..<500 {
            let text = Self.mutated(round % 2 == 0 ? Sample.example : Sample.minimal, by: &random)
            let problems = Sample.problems(text)
            refused += problems.isEmpty ? 0 : 1
            for secret in Sample.secrets where problems.joined(separator: "\n").contains(secret) {
                Issue.record("seed \(seed), round \(round) tells a secret: \(problems)")
            }
        }
        #expect(refused > 100)
    }

    @Test func `no name or value in the environment breaks the reader`() {
        var random = SplitMix(state: 7)
        let names = [
            "PAYDACTYL_POLICY_SETTLE", "PAYDACTYL_PANELS_MAIN_CLIENT_KEY_FILE", "PAYDACTYL_TIERS_KNIGHT_PRODUCTS",
            "PAYDACTYL_LISTEN_TLS_CERTIFICATE",
        ]
        for _ in 0..<300 {
            let name = "PAYDACTYL_" + Self.mutated(names.randomElement(using: &random) ?? "", by: &random)
            let value = Self.mutated("1s,2s,${CREDENTIALS_DIRECTORY}/x", by: &random)
            #expect(!Sample.problems(Sample.minimal, environment: [name: value]).joined().contains(Sample.clientKey))
        }
    }
}
