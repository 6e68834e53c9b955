import Foundation

/// As much of JSON Schema as our document uses; a schema with any other word is a fault, so that nothing passes for not being understood.
struct JSONSchema {
    let document: [String: Any]

    private static let understood: Set<String> = [
        "type", "properties", "required", "additionalProperties", "items", "enum", "format", "description", "minimum",
        "maximum",
        "minLength", "maxLength", "$ref", "const", "oneOf",
    ]

    /// What is wrong with a value, each with where it stands; empty if nothing is.
    func faults(of value: Any, in schema: [String: Any], at place: String = "$") -> [String] {
        if let unknown = schema.keys.first(where: { !Self.understood.contains($0) }) {
            return ["\(place): the schema says \(unknown), which this check does not understand"]
        }
        if let reference = schema["$ref"] as? String {
            guard let target = resolve(reference) else { return ["\(place): \(reference) is not there"] }
            return faults(of: value, in: target, at: place)
        }
        if let kinds = schema["oneOf"] as? [[String: Any]] {
            let found = kinds.map { faults(of: value, in: $0, at: place) }
            let fitting = found.filter(\.isEmpty).count
            return fitting == 1 ? [] : ["\(place): \(fitting) of the shapes fit"] + found.joined()
        }
        if let word = schema["const"] as? String, value as? String != word {
            return ["\(place): \(value) is not \(word)"]
        }
        let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
        if !types.isEmpty, !types.contains(where: { Self.is(value, $0) }) {
            return ["\(place): \(value) is not \(types.joined(separator: " or "))"]
        }
        if let words = schema["enum"] as? [String], !words.contains(value as? String ?? "") {
            return ["\(place): \(value) is none of \(words)"]
        }
        if schema["format"] as? String == "date-time", let text = value as? String,
            text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) == nil
        {
            return ["\(place): \(text) is no moment"]
        }
        if let members = value as? [String: Any] { return faults(ofMembers: members, in: schema, at: place) }
        if let items = value as? [Any], let each = schema["items"] as? [String: Any] {
            return items.enumerated().flatMap { faults(of: $1, in: each, at: "\(place)[\($0)]") }
        }
        return []
    }

    private func faults(ofMembers members: [String: Any], in schema: [String: Any], at place: String) -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var faults = (schema["required"] as? [String] ?? []).filter { members[$0] == nil }
            .map { "\(place): \($0) is missing" }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            if let own = properties[name] ?? schema["additionalProperties"] as? [String: Any] {
                faults += self.faults(of: value, in: own, at: "\(place).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                faults.append("\(place): \(name) is not described")
            }
        }
        return faults
    }

    /// What a reference within the document stands for.
    func resolve(_ reference: String) -> [String: Any]? {
        var found: Any? = document
        for part in reference.dropFirst(2).split(separator: "/") {
            found = (found as? [String: Any])?[String(part)]
        }
        return found as? [String: Any]
    }

    private static func `is`(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": (value as? NSNumber).map(isBoolean) ?? false
        case "integer":
            (value as? NSNumber).map { !isBoolean($0) && $0.doubleValue == $0.doubleValue.rounded() } ?? false
        case "null": value is NSNull
        default: false
        }
    }

    private static func isBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
    }
}
