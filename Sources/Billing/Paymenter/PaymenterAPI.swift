package import Foundation
package import Observability

/// Paymenter's admin API (`/api/v1/admin`), as far as the bridge asks it; it only ever reads.
package struct PaymenterAPI: Sendable {
    /// How many services a page holds: with their users, products and properties a few hundred kilobytes at most.
    package static let pageSize = 100
    static let maximumBodySize = 8 << 20
    /// Ten million services; a list that goes on after that does not end.
    static let maximumPages = 100_000

    private let base: String
    private let token: Redacted<String>
    private let transport: PaymenterTransport
    private let timeout: Duration

    /// `url` is Paymenter's own address, without a slash at its end.
    package init(
        url: URL,
        token: Redacted<String>,
        transport: PaymenterTransport,
        timeout: Duration = .seconds(30)
    ) {
        base = url.absoluteString
        self.token = token
        self.transport = transport
        self.timeout = timeout
    }

    /// One page of all services, those changed last first; `status` restricts them to one of Paymenter's words.
    ///
    /// What changes while a list is read moves to its front, so it pushes others back and hides none of them.
    package func services(
        page: Int,
        status: String? = nil
    ) async throws(PaymenterAPIError) -> PaymenterPage<PaymenterService> {
        guard page <= Self.maximumPages else { throw .endless }
        var query = [
            ("include", "user,product,properties"), ("sort", "-updated_at"), ("per_page", "\(Self.pageSize)"),
            ("page", "\(page)"),
        ]
        if let status { query.append(("filter[status]", status)) }
        let document = try await ask("services", query)
        let services = try document.things.map { thing throws(PaymenterAPIError) in
            try PaymenterService(thing, in: document)
        }
        return PaymenterPage(
            // Paymenter's filters are LIKE '%…%': "active" also finds "inactive".
            things: services.filter { status == nil || $0.status == status },
            hasNext: document.hasNext && !document.things.isEmpty
        )
    }

    /// An invoice by its id; `nil` if there is none.
    package func invoice(_ id: String) async throws(PaymenterAPIError) -> PaymenterInvoice? {
        guard !id.isEmpty, id.utf8.count <= 20, id.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        do throws(PaymenterAPIError) {
            let document = try await ask("invoices/\(id)", [("include", "items")])
            guard let thing = document.things.first else { throw .unexpected("an invoice is empty") }
            return try PaymenterInvoice(thing, in: document)
        } catch {
            guard error == .notFound else { throw error }
            return nil
        }
    }

    private func ask(_ path: String, _ query: [(String, String)]) async throws(PaymenterAPIError) -> PaymenterDocument {
        let written = query.map { "\(Self.escaped($0.0))=\(Self.escaped($0.1))" }.joined(separator: "&")
        let target = "/api/v1/admin/\(path)?\(written)"
        let request = PaymenterRequest(
            url: base + target,
            target: target,
            token: token,
            maximumBodySize: Self.maximumBodySize,
            timeout: timeout
        )
        let answer: PaymenterAnswer
        do {
            answer = try await transport.get(request)
        } catch let failure as PaymenterTransportFailure {
            throw PaymenterAPIError(failure)
        } catch {
            throw .noAnswer("\(error)")
        }
        return try answer.document()
    }

    /// A value between the marks of a query; commas and the rest are escaped, which Laravel reads alike.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-_.~".utf8.contains(byte)
            guard !isPlain else { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
        }.joined()
    }
}

extension PaymenterAPIError {
    fileprivate init(_ failure: PaymenterTransportFailure) {
        switch failure {
        case .unreachable(let reason): self = .unreachable(reason)
        case .noAnswer(let reason): self = .noAnswer(reason)
        case .bodyTooLarge: self = .bodyTooLarge
        }
    }
}

extension PaymenterAnswer {
    /// The document, or why there is none.
    fileprivate func document() throws(PaymenterAPIError) -> PaymenterDocument {
        if (300..<400).contains(status) { throw .redirected(to: location) }
        guard isJSON else { throw status >= 500 ? .failing(status: status) : .notJSON(status: status) }
        switch status {
        case 200: break
        case 401: throw .unauthorized(PaymenterComplaint.read(body)?.text)
        case 403: throw .forbidden(PaymenterComplaint.read(body)?.text)
        case 404: throw .notFound
        case 500...: throw .failing(status: status)
        default: throw refusal
        }
        do {
            return try JSONDecoder().decode(PaymenterDocument.self, from: Data(body))
        } catch let error as DecodingError {
            throw .unexpected(error.place)
        } catch {
            throw .notJSON(status: status)
        }
    }

    /// Paymenter answers an include that the key may not see like one that does not exist.
    private var refusal: PaymenterAPIError {
        let complaint = PaymenterComplaint.read(body)?.text
        guard status == 400, let complaint, complaint.hasPrefix("Requested include(s) `"),
            let names = complaint.split(separator: "`").dropFirst().first
        else { return .refused(status: status, complaint) }
        return .includeRefused(names.split(separator: ",").map { String($0.drop { $0 == " " }) })
    }

    private var isJSON: Bool {
        contentType?.lowercased().contains("json") ?? false
    }
}

extension DecodingError {
    /// Where the document is not as it should be; never a value of it.
    fileprivate var place: String {
        let path: [any CodingKey]
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = context.codingPath
        case .keyNotFound(let key, let context):
            path = context.codingPath + [key]
        @unknown default:
            path = []
        }
        let names = path.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".")
        return names.isEmpty ? "it is no JSON document" : "\(names) is missing or of another type"
    }
}
