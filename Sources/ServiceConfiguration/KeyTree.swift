/// The accepted keys as a tree, by which a file is checked.
struct KeyTree: Sendable {
    private(set) var children: [String: KeyTree] = [:]
    /// What stands under any name that the owner gives.
    private var named: [KeyTree] = []
    private(set) var shape: AcceptedKey.Shape?
    /// What the key would do, if this version could.
    private(set) var notBuilt: String?

    static let root: KeyTree = {
        var root = KeyTree()
        for key in AcceptedKey.all { root.insert(key.segments[...]) { $0.shape = key.shape } }
        for key in AcceptedKey.notBuilt {
            root.insert(key.path.split(separator: ".").map(String.init)[...]) { $0.notBuilt = key.what }
        }
        return root
    }()

    /// The subtree under any name, if names are the owner's here.
    var anyName: KeyTree? { named.first }

    /// The keys that may stand here, without those that are not built.
    var acceptedNames: [String] {
        children.filter { $0.value.notBuilt == nil }
            .flatMap { $0.value.shape?.isSecret == true ? [$0.key, "\($0.key)_file"] : [$0.key] }
            .sorted()
    }

    /// The subtree of a key, with `_file` behind secrets; `nil` if there is no such key.
    func child(_ key: String) -> KeyTree? {
        if let child = children[key] { return child }
        if key.hasSuffix("_file"), children[String(key.dropLast(5))]?.shape?.isSecret == true {
            return KeyTree(shape: .text)
        }
        return anyName
    }

    private init(shape: AcceptedKey.Shape? = nil) {
        self.shape = shape
    }

    private mutating func insert(_ segments: ArraySlice<String>, _ change: (inout KeyTree) -> Void) {
        guard var first = segments.first else {
            change(&self)
            return
        }
        let rest = segments.dropFirst()
        if first.hasPrefix("<") {
            var subtree = anyName ?? KeyTree()
            subtree.insert(rest, change)
            named = [subtree]
        } else {
            // The keys of a list's sections stand directly under the list.
            if first.hasSuffix("[]") { first.removeLast(2) }
            children[first, default: KeyTree()].insert(rest, change)
        }
    }
}
