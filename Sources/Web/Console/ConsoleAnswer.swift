import HTTPTypes
import Hummingbird
import NIOCore

/// The answers of the console, with the headers that keep a browser from doing what no page of ours asks for.
enum ConsoleAnswer {
    static func page(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
        var headers = guarded
        headers[.contentType] = "text/html; charset=utf-8"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    static func redirect(to path: String, cookie: Cookie? = nil) -> Response {
        var headers = guarded
        headers[.location] = path
        if let cookie { headers[.setCookie] = cookie.description }
        return Response(status: .seeOther, headers: headers)
    }

    /// An asset never changes under one name within a version, but a page of the next version must not meet the one before.
    static func asset(_ bytes: [UInt8], type: String) -> Response {
        var headers = guarded
        headers[.contentType] = type
        headers[.cacheControl] = "no-cache"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Nothing but our own style sheet, script and pictures; no frame, no other site's form; the address of a page stays here.
    static let guarded: HTTPFields = [
        .cacheControl: "no-store",
        .contentSecurityPolicy: """
        default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """,
        .xContentTypeOptions: "nosniff",
        named("referrer-policy"): "same-origin",
        named("x-frame-options"): "DENY",
        named("cross-origin-opener-policy"): "same-origin",
    ]

    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return name
    }
}
