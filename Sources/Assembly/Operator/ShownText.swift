package import Foundation

/// What somebody wrote, in a form that does nothing to a terminal or a line.
///
/// Control characters, marks that turn the direction of writing, and line breaks become `�`, so that a name can neither colour a terminal,
/// move its cursor, nor pass for another line.
package func shown(_ text: some StringProtocol) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.actsOnTerminals ? "\u{FFFD}" : $0 }))
}

/// JSON as it came, with whatever could act on a terminal written as `\u…` instead: it says the same to a program.
package func shownJSON(_ json: Data) -> String {
    var text = ""
    for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
        switch scalar {
        case "\n": text.unicodeScalars.append(scalar)
        case _ where !scalar.actsOnTerminals: text.unicodeScalars.append(scalar)
        // Between values, where alone a control character can stand in JSON, it is white space.
        case _ where scalar.isASCII && scalar.value < 0x20: text += " "
        default: text += scalar.utf16.map { "\\u" + hexadecimal($0) }.joined()
        }
    }
    return text
}

private func hexadecimal(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
}

extension Unicode.Scalar {
    fileprivate var actsOnTerminals: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        // Joiners only join what stands beside them, as in many emoji.
        case .format: self != "\u{200D}" && self != "\u{200C}"
        default: false
        }
    }
}
