import Foundation

/// Compares texts as the panel's database does (`utf8mb4_unicode_ci`): without regard to case or accents.
enum Collation {
    /// Two texts are the same to the database where their keys are equal.
    static func key(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        return text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    /// Whether `text LIKE '%pattern%'` holds, where `_` and `%` are wildcards and both texts are keys already.
    static func contains(_ text: String, like pattern: String) -> Bool {
        if pattern.isEmpty { return true }
        if !pattern.utf8.contains(where: { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "%") }) {
            return contains(text, pattern)
        }
        return matches(Array(text.unicodeScalars), Array("%\(pattern)%".unicodeScalars))
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        var text = text
        var part = part
        return text.withUTF8 { haystack in
            part.withUTF8 { needle in
                guard needle.count <= haystack.count else { return false }
                for start in 0...(haystack.count - needle.count)
                where haystack[start] == needle[0] && haystack[start..<start + needle.count].elementsEqual(needle) {
                    return true
                }
                return false
            }
        }
    }

    /// Matches a whole text with the usual two-pointer walk that remembers the last `%`.
    private static func matches(_ text: [Unicode.Scalar], _ pattern: [Unicode.Scalar]) -> Bool {
        var place = 0
        var wanted = 0
        var retry: (pattern: Int, text: Int)?
        while place < text.count {
            if wanted < pattern.count, pattern[wanted] == "%" {
                retry = (wanted + 1, place)
                wanted += 1
            } else if wanted < pattern.count, pattern[wanted] == "_" || pattern[wanted] == text[place] {
                place += 1
                wanted += 1
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                wanted = last.pattern
                place = last.text + 1
            } else {
                return false
            }
        }
        return pattern[wanted...].allSatisfy { $0 == "%" }
    }
}
