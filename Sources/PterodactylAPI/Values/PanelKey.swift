/// An API key of the panel, which cannot be printed, logged or reflected by accident.
public struct PanelKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let secret: String

    /// Takes the key without the white space around it, which files and environment variables tend to add.
    public init(_ text: String) {
        var slice = text[...]
        while let first = slice.first, first.isWhitespace { slice.removeFirst() }
        while let last = slice.last, last.isWhitespace { slice.removeLast() }
        secret = String(slice)
    }

    /// The key itself, to be put into the `Authorization` header and nowhere else.
    public func revealed() -> String { secret }

    public var description: String { "<key>" }

    public var debugDescription: String { "<key>" }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
