/// One page of a listing, with the panel's own counters.
public struct Page<Thing: Sendable>: Sendable {
    public var things: [Thing]
    /// Which page this is, counted from 1.
    public var number: Int
    /// How many things a page holds; the client API may hold it below what was asked for.
    public var perPage: Int
    public var totalPages: Int
    /// How many things there are on all pages.
    public var total: Int

    public init(things: [Thing], number: Int, perPage: Int, totalPages: Int, total: Int) {
        self.things = things
        self.number = number
        self.perPage = perPage
        self.totalPages = totalPages
        self.total = total
    }

    /// The number of the page after this one, or nil if this is the last.
    public var next: Int? {
        number < totalPages ? number + 1 : nil
    }
}
