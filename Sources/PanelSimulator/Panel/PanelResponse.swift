/// An answer of the panel.
package struct PanelResponse: Sendable {
    /// The status.
    package var status: Int
    /// The header fields.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: [UInt8]

    /// Describes an answer.
    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer that is JSON.
    static func json(_ value: PanelJSON, status: Int = 200) -> PanelResponse {
        PanelResponse(
            status: status,
            headers: [(name: "content-type", value: "application/json")],
            body: value.bytes()
        )
    }

    /// An answer without a body.
    static let noContent = PanelResponse(status: 204)

    /// A page of HTML as Laravel shows it.
    static func page(status: Int, title: String) -> PanelResponse {
        let page = """
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8">
                    <title>\(title)</title>
                </head>
                <body class="antialiased"><div>\(status)</div><div>\(title)</div></body>
            </html>

            """
        return PanelResponse(
            status: status,
            headers: [(name: "content-type", value: "text/html; charset=UTF-8")],
            body: Array(page.utf8)
        )
    }

    /// The redirection that callers get who do not accept JSON.
    static func redirect(to url: String) -> PanelResponse {
        let page = """
            <!DOCTYPE html>
            <html>
                <head>
                    <meta charset="UTF-8" />
                    <meta http-equiv="refresh" content="0;url='\(url)'" />

                    <title>Redirecting to \(url)</title>
                </head>
                <body>
                    Redirecting to <a href="\(url)">\(url)</a>.
                </body>
            </html>
            """
        return PanelResponse(
            status: 302,
            headers: [
                (name: "content-type", value: "text/html; charset=UTF-8"), (name: "location", value: url),
            ],
            body: Array(page.utf8)
        )
    }

    /// The value of the first header field of that name.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body as JSON, or null where it is none.
    package var json: PanelJSON {
        do {
            return try PanelJSON(parsing: body)
        } catch {
            return .null
        }
    }

    /// The class name of the first error in the body, such as `NotFoundHttpException`.
    package var errorCode: String? {
        json["errors"]?[0]?["code"]?.string
    }
}

/// What a caller meets: an answer, or a connection that closes without one.
package enum PanelAnswer: Sendable {
    /// The panel answered.
    case response(PanelResponse)
    /// The connection was closed without an answer.
    case closed

    /// The answer, where there is one.
    package var response: PanelResponse? {
        if case .response(let response) = self { response } else { nil }
    }
}
