/// What a check of a configuration and its panels found.
package struct CheckReport: Encodable, Sendable {
    /// One thing that was looked at.
    package struct Finding: Encodable, Hashable, Sendable {
        package enum Verdict: String, Encodable, Sendable {
            case ok, warn, fail
        }

        package var verdict: Verdict
        /// What was looked at.
        package var subject: String
        package var text: String
        /// What to do about it; there is something wherever not all is well.
        package var remedy: String?

        static func ok(_ subject: String, _ text: String) -> Self {
            Self(verdict: .ok, subject: subject, text: text)
        }

        static func warn(_ subject: String, _ text: String, remedy: String) -> Self {
            Self(verdict: .warn, subject: subject, text: text, remedy: remedy)
        }

        static func fail(_ subject: String, _ text: String, remedy: String) -> Self {
            Self(verdict: .fail, subject: subject, text: text, remedy: remedy)
        }
    }

    package var findings: [Finding]
    /// Whether nothing would fail.
    package var holds: Bool

    init(_ findings: [Finding]) {
        self.findings = findings
        holds = !findings.contains { $0.verdict == .fail }
    }

    /// The table for people, with what to do under each line that asks for something.
    package func lines(coloured: Bool) -> [String] {
        let width = findings.map(\.subject.count).max() ?? 0
        let lines = findings.flatMap { finding -> [String] in
            let mark = finding.verdict.style.applied(to: finding.verdict.word, coloured)
            let subject = shown(finding.subject)
            let gap = String(repeating: " ", count: max(0, width - subject.count))
            let remedy = finding.remedy.map { String(repeating: " ", count: width + 8) + "→ " + shown($0) }
            return ["\(mark)  \(subject)\(gap)  \(shown(finding.text))"] + [remedy].compactMap(\.self)
        }
        return lines + ["", summary]
    }

    private var summary: String {
        let failures = findings.filter { $0.verdict == .fail }.count
        let warnings = findings.filter { $0.verdict == .warn }.count
        let counted = "\(warnings) to look at"
        return holds ? "Nothing would fail; \(counted)." : "\(failures) would fail; \(counted)."
    }
}

extension CheckReport.Finding.Verdict {
    fileprivate var word: String {
        switch self {
        case .ok: "OK  "
        case .warn: "WARN"
        case .fail: "FAIL"
        }
    }

    fileprivate var style: TextStyle {
        switch self {
        case .ok: .green
        case .warn: .yellow
        case .fail: .red
        }
    }
}
