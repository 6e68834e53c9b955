extension StringProtocol {
    /// The text with `�` in place of each mark that turns the direction of writing: with one in a name, all that stands behind it would be
    /// read backwards, so that a page or an alert would seem to say something else.
    ///
    /// Letters that are written from right to left stay as they are.
    var withoutDirectionMarks: String {
        guard unicodeScalars.contains(where: \.turnsDirection) else { return String(self) }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.turnsDirection ? "\u{FFFD}" : $0 }))
    }
}

extension Unicode.Scalar {
    /// Unicode's Bidi_Control.
    fileprivate var turnsDirection: Bool {
        switch value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
