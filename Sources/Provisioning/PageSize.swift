import PterodactylAPI

/// Where a paged reading stands.
///
/// Within a reading the size only shrinks, by halves, so that places stay whole; what the panel bore is where the next reading
/// begins, and a larger size is tried again now and then.
struct PageSize: Hashable, Sendable {
    private(set) var perPage: Int
    /// The page to read next; `nil` after the last.
    private(set) var next: Int? = 1
    private let largest: Int
    private var easyPasses = 0
    private var hasShrunk = false

    /// After so many readings without trouble a larger size is tried.
    static let patience = 100

    init(_ perPage: Int) {
        self.perPage = perPage
        largest = perPage
    }

    /// Where the next reading begins, after one that came to its end.
    func afterPass() -> PageSize {
        var next = self
        next.next = 1
        next.hasShrunk = false
        next.easyPasses = hasShrunk ? 0 : easyPasses + 1
        if next.easyPasses >= Self.patience, perPage < largest {
            next.perPage = min(largest, perPage * 2)
            next.easyPasses = 0
        }
        return next
    }

    mutating func advance(past isLast: Bool) {
        next = isLast ? nil : next.map { $0 + 1 }
    }

    /// Halves the size and begins at the page that holds the first thing not read yet.
    mutating func shrink() {
        let done = ((next ?? 1) - 1) * perPage
        perPage = max(1, perPage / 2)
        hasShrunk = true
        next = done / perPage + 1
    }
}

extension PanelError {
    var asksForSmallerPages: Bool {
        switch kind {
        case .bodyTooLarge, .panelFault, .noAnswer: true
        case .notJSON: (status ?? 0) >= 500
        default: false
        }
    }
}
