import Entitlements
import Foundation

/// What single values of the configuration look like.
enum Values {
    static let durationForm = "write 500ms, 30s, 5m, 12h or 7d"

    static func duration(_ text: String) throws(Invalid) -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard digits.count == text.count - unit(of: text).count, let count = Int64(digits) else {
            throw Invalid("\(Shown.value(text)) is no duration; \(durationForm)")
        }
        guard let milliseconds = millisecondsByUnit[unit(of: text)] else {
            throw Invalid("\(Shown.value(text)) is no duration; \(durationForm)")
        }
        guard count > 0 else { throw Invalid("\(Shown.value(text)) is too short; a duration is more than nothing") }
        let (product, overflow) = count.multipliedReportingOverflow(by: milliseconds)
        guard !overflow, product <= 36_500 * 86_400_000 else {
            throw Invalid("\(Shown.value(text)) is too long; at most 36500d")
        }
        return .milliseconds(product)
    }

    /// A duration, or `never`.
    static func retention(_ text: String) throws(Invalid) -> AccountRetention {
        if text == "never" { return .forever }
        do throws(Invalid) {
            return .lasting(try duration(text))
        } catch {
            throw Invalid("\(error.text), or never")
        }
    }

    private static let millisecondsByUnit: [String: Int64] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    private static func unit(of text: String) -> String {
        String(text.drop { $0.isASCII && $0.isNumber })
    }

    static func wholeNumber(in range: ClosedRange<Int>) -> (String) throws(Invalid) -> Int {
        { (text) throws(Invalid) in
            guard let number = Int(text), range.contains(number) else {
                throw Invalid(
                    "\(Shown.value(text)) is not allowed; write a whole number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
    }

    /// `20%` as 0.2.
    static func share(_ text: String) throws(Invalid) -> Double {
        let number = text.dropLast()
        guard text.hasSuffix("%"), number.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "." }),
            let percent = Double(number), (0...100).contains(percent)
        else { throw Invalid("\(Shown.value(text)) is no share; write a percentage from 0% to 100%, such as 20%") }
        return percent / 100
    }

    /// One of the words of an enumeration.
    static func word<Word: CaseIterable & RawRepresentable<String>>(
        _ type: Word.Type
    ) -> (String) throws(Invalid) -> Word {
        { (text) throws(Invalid) in
            guard let word = Word(rawValue: text) else {
                let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
                throw Invalid("\(Shown.value(text)) is not allowed; write one of \(words)")
            }
            return word
        }
    }

    static func truth(_ text: String) throws(Invalid) -> Bool {
        switch text {
        case "true": return true
        case "false": return false
        default: throw Invalid("\(Shown.value(text)) is not allowed; write true or false")
        }
    }

    static func instance(_ text: String) throws(Invalid) -> String {
        guard !text.isEmpty, text.utf8.count <= 40,
            text.utf8.allSatisfy({ isDigitOrLetter($0) || $0 == UInt8(ascii: "-") })
        else { throw Invalid("\(Shown.value(text)) is not allowed; write letters, digits and -, at most 40") }
        return text
    }

    static func host(_ text: String) throws(Invalid) -> String {
        let isName = text.utf8.allSatisfy { isDigitOrLetter($0) || ".-".utf8.contains($0) }
        guard !text.isEmpty, text.utf8.count <= 253, CIDR.bytes(of: text) != nil || isName else {
            throw Invalid("\(Shown.value(text)) is no address; write one such as 127.0.0.1, ::1 or 0.0.0.0")
        }
        return text
    }

    static func network(_ text: String) throws(Invalid) -> CIDR {
        guard let network = CIDR(text) else {
            throw Invalid("\(Shown.value(text)) is no network; write one such as 203.0.113.7/32 or 2001:db8::/32")
        }
        return network
    }

    static func timeZone(_ text: String) throws(Invalid) -> BillingTimeZone {
        guard let zone = BillingTimeZone(identifier: text) else {
            let meant = nearest(to: text, among: TimeZone.knownTimeZoneIdentifiers)
            let hint = meant.map { "did you mean \($0)?" } ?? "write UTC or a name such as Europe/Berlin"
            throw Invalid("\(Shown.value(text)) is no time zone; \(hint)")
        }
        return zone
    }

    static func permission(_ text: String) throws(Invalid) -> Permission {
        let permission = Permission(text)
        guard Permission.known.contains(permission) else {
            let meant = nearest(to: text, among: Permission.known.map(\.key))
            let hint = meant.map { "did you mean \($0)?" } ?? "write one such as control.console or file.read"
            throw Invalid("\(Shown.value(text)) is no permission of the panel; \(hint)")
        }
        return permission
    }

    /// A text of one line that people may read.
    static func label(_ text: String) throws(Invalid) -> String {
        let isClean = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard !text.isEmpty, isClean, text.utf8.count <= 255, trimmed(text) == text else {
            throw Invalid("\(Shown.value(text)) is not allowed; write one line of at most 255 bytes")
        }
        return text
    }

    static func tag(_ text: String) throws(Invalid) -> String {
        guard !text.isEmpty, text.utf8.count <= 40,
            text.utf8.allSatisfy({ isDigitOrLetter($0) || ".-_".utf8.contains($0) })
        else {
            throw Invalid(
                "\(Shown.value(text)) is no tag; write letters, digits, . - and _ without the brackets: beta stands for [beta]"
            )
        }
        return text
    }

    static func bedrockPrefix(_ text: String) throws(Invalid) -> String {
        guard BedrockPrefix.isOne(text) else {
            throw Invalid(
                "\(Shown.value(text)) is no prefix; write up to 4 letters, digits, _ . - + or *, such as \".\""
            )
        }
        return text
    }

    static func luckPermsGroup(_ text: String) throws(Invalid) -> LuckPermsGroup {
        guard let group = LuckPermsGroup(text) else {
            throw Invalid(
                "\(Shown.value(text)) is no group of LuckPerms; write letters in lower case, digits, _ . and -, at most 36"
            )
        }
        return group
    }

    static func command(_ text: String) throws(Invalid) -> CommandTemplate {
        do throws(CommandProblem) {
            return try CommandTemplate(text)
        } catch {
            let known = CommandTemplate.Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
            throw switch error {
            case .empty: Invalid("is empty; write a command or remove it")
            case .tooLong: Invalid("\(Shown.value(text)) is too long; at most \(CommandTemplate.longest) bytes")
            case .controlCharacter:
                Invalid("\(Shown.value(text)) is not allowed; a command is one line without invisible characters")
            case .unknownPlaceholder(let placeholder):
                Invalid("\(Shown.value(placeholder)) is no placeholder; write one of \(known)")
            }
        }
    }

    /// The eight characters by which a panel shows a server, or its uuid.
    static func serverIdentifier(_ text: String) throws(Invalid) -> String {
        let isShort = text.utf8.count == 8 && text.utf8.allSatisfy(isLowerHexadecimal)
        guard isShort || UUID(uuidString: text) != nil && text == text.lowercased() else {
            throw Invalid(
                "\(Shown.value(text)) is no server's identifier; write its eight characters, such as 1a7ce997, or its uuid"
            )
        }
        return text
    }

    /// An e-mail as the core compares it.
    static func email(_ text: String) throws(Invalid) -> String {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isClean = text.unicodeScalars.allSatisfy {
            !$0.properties.isWhitespace && $0.properties.generalCategory != .control
        }
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isClean, text.utf8.count <= 191 else {
            throw Invalid("\(Shown.value(text)) is no e-mail; write one such as ada@example.com")
        }
        return asciiFolded(text)
    }

    static func isDigitOrLetter(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
