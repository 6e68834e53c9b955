/// The names and escapes of Prometheus' text format 0.0.4.
enum PrometheusName {
    /// A metric's name: `hb.requests` becomes `hb_requests`.
    static func metric(_ label: String) -> String {
        sanitised(label) { $0 == ":" }
    }

    /// A label's name; `le` and names that begin with `__` are Prometheus' own.
    static func label(_ name: String) -> String {
        let clean = sanitised(name) { _ in false }
        return clean == "le" || clean.hasPrefix("__") ? "exported_\(clean)" : clean
    }

    static func escapedLabelValue(_ value: String) -> String {
        escaped(value.unicodeScalars.count > 256 ? String(value.unicodeScalars.prefix(256)) : value, quotes: true)
    }

    static func escapedHelp(_ text: String) -> String {
        escaped(text, quotes: false)
    }

    /// A sample's value: whole numbers without a fraction, the special ones in Prometheus' spelling.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    private static func sanitised(_ name: String, alsoAllowed: (Unicode.Scalar) -> Bool) -> String {
        var clean = ""
        for scalar in name.unicodeScalars.prefix(200) {
            let allowed = scalar.isASCII && scalar.properties.isAlphabetic || scalar == "_" || isDigit(scalar)
            clean.unicodeScalars.append(allowed || alsoAllowed(scalar) ? scalar : "_")
        }
        guard let first = clean.unicodeScalars.first else { return "_" }
        return isDigit(first) ? "_\(clean)" : clean
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("0"..."9").contains(scalar)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
