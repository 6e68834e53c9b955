import Hummingbird
import NIOCore
import Observability

/// The fields of a form as a browser sends them.
struct Form: Sendable {
    private var fields: [String: String]
    /// All that was filled in, the same for the same.
    let text: String

    init(_ request: Request) async throws {
        guard request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false else {
            throw Problem(.unsupportedMediaType, "A form is sent as application/x-www-form-urlencoded.")
        }
        text = String(buffer: try await JSONBody.collect(request))
        do {
            fields = try URLEncodedFormDecoder().decode([String: String].self, from: text)
        } catch {
            throw Problem(.badRequest, "The form could not be read.")
        }
    }

    /// A field that was filled in.
    subscript(name: String) -> String? {
        fields[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether it was sent from a page of this session.
    func isOf(_ session: Session) -> Bool {
        (fields["form_token"] ?? "").equalsInConstantTime(session.formToken)
    }
}
