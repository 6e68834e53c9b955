/// Collects what is wrong with a request's fields, in the panel's words.
struct Validation {
    private(set) var entries: [PanelFailure.Entry] = []

    /// Throws what was found, if anything.
    func check() throws(PanelFailure) {
        if !entries.isEmpty { throw PanelFailure(invalid: entries) }
    }

    mutating func fail(_ field: String, _ rule: String, _ detail: String) {
        entries.append(
            PanelFailure.Entry(code: "ValidationException", detail: detail, field: field, rule: rule)
        )
    }

    mutating func required(_ field: String, label: String? = nil) {
        fail(field, "required", "The \(label ?? Self.label(field)) field is required.")
    }

    mutating func present(_ field: String, label: String? = nil) {
        fail(field, "present", "The \(label ?? Self.label(field)) field must be present.")
    }

    mutating func taken(_ field: String, label: String? = nil) {
        fail(field, "unique", "The \(label ?? Self.label(field)) has already been taken.")
    }

    mutating func invalid(_ field: String, rule: String) {
        fail(field, rule, "The selected \(Self.label(field)) is invalid.")
    }

    /// How Laravel names a field to people.
    static func label(_ field: String) -> String {
        field.split(separator: "_").joined(separator: " ")
    }
}

/// What counts as a name or an address.
enum Syntax {
    /// Whether the panel takes this for a user name: letters, digits and `_.-`, alphanumeric at both ends, three or more.
    static func isUsername(_ name: String) -> Bool {
        let bytes = Array(name.lowercased().utf8)
        guard bytes.count >= 3, let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    /// Whether this is an address by RFC syntax; no top-level domain is asked for.
    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let local = parts.first, let domain = parts.last else { return false }
        return isDotted(local) { $0 >= 0x80 || isAlphanumeric($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
            && isDotted(domain) { $0 >= 0x80 || isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            && !domain.hasPrefix("-") && !domain.hasSuffix("-")
    }

    private static func isDotted(_ text: Substring, _ allows: (UInt8) -> Bool) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(allows) }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// The number at the start of a path's part, as the database reads it (`2abc` is 2).
    static func leadingNumber(_ text: String) -> Int? {
        Int(text.prefix { $0.isASCII && $0.isNumber })
    }
}
