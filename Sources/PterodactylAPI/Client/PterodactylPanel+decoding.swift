#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension PterodactylPanel {
    /// Calls and reads the whole answer as a value.
    func value<Value: Decodable>(_ type: Value.Type, of call: Call) async throws -> Value {
        let response = try await perform(call)
        guard response.isJSON else { throw notJSON(call, response) }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(response.body))
        } catch let error as DecodingError {
            throw PanelError(
                request: call.subject,
                status: response.status,
                kind: .undecodable,
                detail: error.place
            )
        }
    }

    /// Calls for one thing.
    func item<Attributes: Decodable>(_ type: Attributes.Type, of call: Call) async throws -> Attributes {
        try await value(Item<Attributes>.self, of: call).attributes
    }

    /// Calls for one thing, or nil if the panel itself says that there is none.
    func itemIfFound<Attributes: Decodable>(_ type: Attributes.Type, of call: Call) async throws -> Attributes? {
        do {
            return try await item(type, of: call)
        } catch let error as PanelError where error.kind == .notFound {
            return nil
        }
    }

    /// Calls for a list that has no pages.
    func list<Attributes: Decodable>(of type: Attributes.Type, _ call: Call) async throws -> [Attributes] {
        try await value(ItemList<Attributes>.self, of: call.listing(.list)).data.map(\.attributes)
    }

    /// Calls for something that is answered with nothing.
    func done(_ call: Call) async throws {
        let response = try await perform(call)
        // A success that is a page of HTML comes from something that is no panel.
        guard response.status == 204 || response.isJSON || response.body.isEmpty else { throw notJSON(call, response) }
    }

    /// Calls for one page of a listing, and holds its counters to what was asked.
    func page<Attributes: Decodable>(
        of type: Attributes.Type,
        _ number: Int,
        perPage: Int,
        _ call: Call
    ) async throws -> Page<Attributes> where Attributes: Sendable {
        let paged = call.with("page", String(max(1, number))).with("per_page", String(max(1, perPage)))
            .listing(perPage > 1 ? .page : .list)
        let list = try await value(ItemList<Attributes>.self, of: paged)
        guard let counters = list.meta?.pagination else {
            throw PanelError(request: call.subject, status: 200, kind: .undecodable, detail: "a page without counters")
        }
        if let doubt = counters.doubt(asked: max(1, number), perPage: max(1, perPage), received: list.data.count) {
            throw PanelError(request: call.subject, status: 200, kind: .nonsense, detail: doubt)
        }
        return Page(
            things: list.data.map(\.attributes),
            number: counters.currentPage,
            perPage: counters.perPage,
            totalPages: counters.totalPages,
            total: counters.total
        )
    }

    /// Everything of a listing, page after page; for listings that are short by nature or by their filter.
    func all<Thing: Sendable>(_ page: (Int) async throws -> Page<Thing>) async throws -> [Thing] {
        var things: [Thing] = []
        var next: Int? = 1
        while let number = next {
            let current = try await page(number)
            things += current.things
            next = current.next
        }
        return things
    }

    private func notJSON(_ call: Call, _ response: PanelResponse) -> PanelError {
        PanelError(
            request: call.subject,
            status: response.status,
            kind: .notJSON,
            detail: "it answered \(response.header("content-type") ?? "no content type")"
        )
    }
}

extension Pagination {
    /// What cannot be about these counters, or nil if they can.
    func doubt(asked: Int, perPage asked2: Int, received: Int) -> String? {
        guard currentPage == asked else { return "page \(asked) was asked for, page \(currentPage) came" }
        guard perPage > 0, perPage <= asked2 else { return "\(asked2) a page were asked for, it says \(perPage)" }
        guard received <= perPage, count == received else { return "it says \(count) on this page, \(received) came" }
        let (pages, part) = max(0, total).quotientAndRemainder(dividingBy: perPage)
        guard total >= 0, totalPages == max(1, pages + (part > 0 ? 1 : 0)) else {
            return "it says \(totalPages) pages of \(perPage) for \(total)"
        }
        return nil
    }
}

extension DecodingError {
    /// Where the shape was not as expected, without the values found there.
    fileprivate var place: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            if case .keyNotFound(let key, _) = self {
                return "nothing at \((path + [key.stringValue]).joined(separator: "."))"
            }
            return path.isEmpty
                ? "it is no valid JSON of that form" : "unexpected value at \(path.joined(separator: "."))"
        @unknown default: return "unexpected shape"
        }
    }
}
