/// A value for the panel's `filter[…]` that finds at least everything that holds the text searched for.
///
/// The panel looks for `LOWER(column) LIKE %value%`: a comma separates alternatives, `_` and `%` stand for anything, a backslash escapes,
/// `true` and `false` turn into booleans, and what lower case is beyond ASCII, the database and PHP may see differently. So the longest part
/// without any such thing is asked for, and the caller compares exactly. Nil means that nothing safe is left and the filter must be left out.
func safeFilter(for text: String) -> String? {
    var longest = ""
    var current = ""
    for scalar in text.unicodeScalars {
        if scalar.isASCII, scalar.value > 0x20, scalar.value != 0x7F, scalar != ",", scalar != "\\" {
            current.unicodeScalars.append(scalar)
            if current.utf8.count > longest.utf8.count { longest = current }
        } else {
            current = ""
        }
    }
    if ["true", "false"].contains(asciiFolded(longest)) { longest.removeLast() }
    return longest.isEmpty ? nil : longest
}
