/// A JSON value that PHP may write as a number, a text or a boolean, as it likes.
struct Scalar: Decodable {
    let text: String

    var isTrue: Bool { text == "1" || text == "true" }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            text = ""
        } else if let string = try? value.decode(String.self) {
            text = string
        } else if let integer = try? value.decode(Int.self) {
            text = String(integer)
        } else if let boolean = try? value.decode(Bool.self) {
            text = String(boolean)
        } else {
            text = String(try value.decode(Double.self))
        }
    }
}

/// A table of texts, which PHP writes as `[]` when it is empty.
struct TextTable: Decodable {
    let texts: [String: String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let list = try? value.decode([Scalar].self) {
            texts = Dictionary(uniqueKeysWithValues: list.enumerated().map { (String($0.offset), $0.element.text) })
        } else {
            texts = try value.decode([String: Scalar].self).mapValues(\.text)
        }
    }
}

/// A list of texts, which PHP writes as an object `{"0": …, "2": …}` once an entry was dropped from its middle (recording
/// `client-subusers-create-repeated-permission`).
struct TextList: Decodable {
    let texts: [String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            texts = []
        } else if let list = try? value.decode([String].self) {
            texts = list
        } else {
            texts = try value.decode([String: String].self).sorted { $0.key < $1.key }.map(\.value)
        }
    }
}
