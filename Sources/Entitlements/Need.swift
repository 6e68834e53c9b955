/// Something that only a person can settle: what is the matter, and the one thing to do about it.
package struct Need: Hashable, Sendable {
    /// Whole sentences, as `remedy` is.
    package let matter: String
    package let remedy: String

    /// There is no need without a remedy: whoever reads of one is told what to do.
    package init(_ matter: String, do remedy: String) {
        precondition(!matter.isEmpty && !remedy.isEmpty, "A need says what is the matter and what to do.")
        self.matter = matter
        self.remedy = remedy
    }

    /// Both, as everything that shows it says them.
    package var sentence: String { "\(matter) \(remedy)" }
}
