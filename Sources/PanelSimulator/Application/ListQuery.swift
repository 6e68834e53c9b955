/// The paging, filters and order that a listing is asked for.
struct ListQuery {
    /// One filter: a field that must contain one of the texts.
    struct Filter {
        var name: String
        /// Folded as the database compares; any may match.
        var patterns: [String]

        func matches(_ value: String?) -> Bool {
            guard let value else { return false }
            let key = Collation.key(value)
            return patterns.contains { Collation.contains(key, like: $0) }
        }
    }

    /// One page of a listing.
    struct Page {
        var ids: ArraySlice<Int>
        var total: Int
        var perPage: Int
        var number: Int
        var path: String
        /// The query that links keep before `page=`.
        var kept: String

        var pages: Int { max(1, (total + perPage - 1) / perPage) }

        var pagination: [PanelJSON.Member] {
            [
                PanelJSON.Member("total", .int(total)), PanelJSON.Member("count", .int(ids.count)),
                PanelJSON.Member("per_page", .int(perPage)), PanelJSON.Member("current_page", .int(number)),
                PanelJSON.Member("total_pages", .int(pages)),
            ]
        }

        func json(url: String, _ item: (Int) -> PanelJSON) -> PanelJSON {
            func link(_ number: Int) -> PanelJSON { .string("\(url)/\(path)?\(kept)page=\(number)") }
            var links: [PanelJSON.Member] = []
            if number > 1 { links.append(PanelJSON.Member("previous", link(number - 1))) }
            if number < pages { links.append(PanelJSON.Member("next", link(number + 1))) }
            let all = pagination + [PanelJSON.Member("links", .object(links))]
            return [
                "object": "list", "data": .array(ids.map(item)), "meta": ["pagination": .object(all)],
            ]
        }
    }

    private let request: PanelRequest
    private let items: [(name: String, value: String)]
    private let path: String
    /// The most that a page may hold.
    private let cap: Int?

    init(_ request: PanelRequest, path: String, cap: Int? = nil) {
        self.request = request
        self.items = request.query
        self.path = path
        self.cap = cap
    }

    func filters(allowed: [String]) throws(PanelFailure) -> [Filter] {
        var filters: [Filter] = []
        for item in items {
            guard item.name.hasPrefix("filter["), item.name.hasSuffix("]") else { continue }
            let name = String(item.name.dropFirst("filter[".count).dropLast())
            guard allowed.contains(name) else {
                let list = allowed.joined(separator: ", ")
                throw PanelFailure(
                    400,
                    "InvalidFilterQuery",
                    "Requested filter(s) `\(name)` are not allowed. Allowed filter(s) are `\(list)`."
                )
            }
            let value = item.value.trimmed
            if value.isEmpty { continue }
            filters.append(Filter(name: name, patterns: Self.patterns(value)))
        }
        return filters
    }

    /// Commas separate alternatives; `true` and `false` become the texts "1" and "".
    private static func patterns(_ value: String) -> [String] {
        value.split(separator: ",").map { part in
            switch part {
            case "true": "1"
            case "false": ""
            default: Collation.key(String(part))
            }
        }
    }

    /// Puts ids in the order that is asked for; only `id` and `uuid` are known.
    func sorted(_ ids: [Int], uuid: (Int) -> String) throws(PanelFailure) -> [Int] {
        guard let sort = request.query("sort") else { return ids }
        let names = sort.split(separator: ",").map(String.init)
        let unknown = names.map { $0.hasPrefix("-") ? String($0.dropFirst()) : $0 }.filter {
            !["id", "uuid"].contains($0)
        }
        guard unknown.isEmpty else {
            throw PanelFailure(
                400,
                "InvalidSortQuery",
                "Requested sort(s) `\(unknown.joined(separator: ", "))` is not allowed. "
                    + "Allowed sort(s) are `id, uuid`."
            )
        }
        switch names.first {
        case "-id": return ids.reversed()
        case "uuid": return ids.sorted { uuid($0) < uuid($1) }
        case "-uuid": return ids.sorted { uuid($0) > uuid($1) }
        default: return ids
        }
    }

    /// Cuts the page out that is asked for.
    func page(of ids: [Int]) throws(PanelFailure) -> Page {
        var perPage = 50
        if let text = request.query("per_page") {
            guard let number = Int(text) else { throw .unexpected("TypeError") }
            guard number >= 0 else { throw .unexpected("QueryException") }
            perPage = number == 0 ? 15 : min(number, cap ?? 1_000_000)
        }
        let number = max(1, request.query("page").flatMap(Int.init) ?? 1)
        let (start, overflowed) = (number - 1).multipliedReportingOverflow(by: perPage)
        let from = overflowed ? ids.count : min(start, ids.count)
        return Page(
            ids: ids[from..<min(from + perPage, ids.count)],
            total: ids.count,
            perPage: perPage,
            number: number,
            path: path,
            kept: cap == nil ? "" : keptQuery
        )
    }

    /// The query without its page, written as PHP's `http_build_query` does.
    private var keptQuery: String {
        items.filter { $0.name != "page" }
            .map { "\(Self.encode($0.name))=\(Self.encode($0.value))&" }
            .joined()
    }

    private static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            if Syntax.isAlphanumeric(byte) || "-_.".utf8.contains(byte) {
                return String(UnicodeScalar(byte))
            }
            if byte == UInt8(ascii: " ") { return "+" }
            let hex = String(byte, radix: 16, uppercase: true)
            return "%" + (hex.count == 1 ? "0" + hex : hex)
        }.joined()
    }
}
