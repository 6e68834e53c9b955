/// What of a configuration may be shown to people: it is read back in error messages, which end up in logs and tickets.
enum Shown {
    /// A value as part of a message; what might be a secret that slipped into the wrong key is not repeated.
    static func value(_ text: String) -> String {
        guard !mightBeSecret(text) else { return "what stands there" }
        let printable = text.unicodeScalars.prefix(40).map(visible).joined()
        return text.unicodeScalars.count > 40 ? "'\(printable)…'" : "'\(printable)'"
    }

    /// A file's path, in full; a secret that was written where the name of its file belongs is not repeated.
    static func path(_ path: String, written name: String) -> String {
        let isHidden = hasSecretMark(name) || !name.contains("/") && mightBeSecret(name)
        return isHidden ? "of that name" : "'\(path.unicodeScalars.prefix(400).map(visible).joined())'"
    }

    /// A key that is none of ours.
    static func key(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-.".unicodeScalars.contains($0))
        }
        return isPlain && !text.isEmpty && text.utf8.count <= 40 && !mightBeSecret(text) ? text : "(a key)"
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: "\u{FFFD}"
        default: String(scalar)
        }
    }

    private static func hasSecretMark(_ text: String) -> Bool {
        ["ptla_", "ptlc_", "whsec_", "sk_", "rk_", "PAYM", "Bearer"].contains(where: text.contains)
    }

    /// Long and mixed, or with a mark by which secrets of this field are known.
    private static func mightBeSecret(_ text: String) -> Bool {
        if hasSecretMark(text) || text.contains("@") { return true }
        return text.split { " .:/,[]{}".contains($0) }.contains { word in
            let letters = word.unicodeScalars.contains { $0.properties.isAlphabetic }
            let digits = word.unicodeScalars.contains { ("0"..."9").contains($0) }
            return word.utf8.count >= 32 || word.utf8.count >= 16 && letters && digits
        }
    }
}

/// The word of `candidates` that a person most likely meant.
func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    guard word.utf8.count <= 80 else { return nil }
    let allowed = max(1, min(3, word.utf8.count / 3))
    return
        candidates
        .map { (distance: editDistance(word.lowercased(), $0.lowercased()), word: $0) }
        .filter { $0.distance <= allowed }
        .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
}

/// How many letters must be changed, added or taken away, or swapped with their neighbour.
private func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            var best = min(last[column + 1], current[column]) + 1
            best = min(best, last[column] + (left[row] == right[column] ? 0 : 1))
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                best = min(best, beforeLast[column - 1] + 1)
            }
            current.append(best)
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
