#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The panel's form of an error: `{"errors": [{"code", "status", "detail", "meta"}]}`.
private struct ErrorBody: Decodable {
    struct Entry: Decodable {
        struct Meta: Decodable {
            var source_field: String?
            var rule: String?
        }

        var code: String?
        var detail: String?
        var meta: Meta?
    }

    var errors: [Entry]
}

extension PanelError {
    /// What an answer that is no success means.
    init(request: Request, response: PanelResponse) {
        let entries = Self.entries(of: response)
        self.init(
            request: request,
            status: response.status,
            kind: Self.kind(of: response, entries: entries),
            code: entries?.first?.code,
            detail: entries?.first?.detail
        )
    }

    private static func entries(of response: PanelResponse) -> [ErrorBody.Entry]? {
        guard response.isJSON else { return nil }
        // A body that is not of the panel's form is not the panel's: that is the answer here, and nothing is lost.
        return try? JSONDecoder().decode(ErrorBody.self, from: Data(response.body)).errors
    }

    private static func kind(of response: PanelResponse, entries: [ErrorBody.Entry]?) -> Kind {
        let retryAfter = response.retryAfter
        switch response.status {
        case 300..<400: return .redirected(location: response.header("location").map(withoutQuery))
        case 401: return .unauthenticated
        case 429: return .rateLimited(retryAfter: retryAfter)
        case 503 where entries?.first?.code != "DaemonConnectionException": return .maintenance(retryAfter: retryAfter)
        default: break
        }
        guard let entries else { return response.status == 404 ? .noSuchRoute : .notJSON }
        return kind(status: response.status, entries: entries)
    }

    private static func kind(status: Int, entries: [ErrorBody.Entry]) -> Kind {
        let detail = entries.first?.detail ?? ""
        switch (entries.first?.code ?? "", status) {
        case ("DaemonConnectionException", _): return .daemon
        case ("ServerSubuserExistsException", _): return .subuserExists
        case ("UserIsServerOwnerException", _): return .userIsServerOwner
        case ("TwoFactorAuthRequiredException", _): return .keyRefused
        case ("HttpException", 502) where detail.contains("must be online"): return .serverOffline
        case (_, 403): return refusesKey(detail) ? .keyRefused : .forbidden
        case (let code, 404): return saysModelIsMissing(code, detail) ? .notFound : .noSuchRoute
        case (_, 405): return .noSuchRoute
        case (_, 409): return .conflict(conflictReason(detail))
        case (_, 422): return .invalid(entries.map(InvalidField.init))
        case (_, 500...): return .panelFault
        default: return .refused
        }
    }

    /// The two sentences with which the panel says that a model is missing, and the one that it uses instead in its debug mode.
    private static func saysModelIsMissing(_ code: String, _ detail: String) -> Bool {
        code == "NotFoundHttpException"
            && (detail == "The requested resource could not be found on the server."
                || detail == "The requested resource does not exist on this server."
                || detail.hasPrefix("No query results for model"))
    }

    /// The 403s that do not depend on what was asked.
    private static func refusesKey(_ detail: String) -> Bool {
        detail.hasPrefix("This account does not have permission to access the API")
            || detail.hasPrefix("This IP address")
            || detail.hasPrefix("You are attempting to use")
    }

    private static func conflictReason(_ detail: String) -> ConflictReason {
        if detail.contains("suspended") { return .suspended }
        if detail.contains("maintenance") { return .nodeMaintenance }
        if detail.contains("installation") { return .installing }
        if detail.contains("backup") { return .restoringBackup }
        return detail.contains("transferred") ? .transferring : .other
    }

    private static func withoutQuery(_ location: String) -> String {
        String(location.prefix { $0 != "?" && $0 != "#" })
    }
}

extension InvalidField {
    fileprivate init(_ entry: ErrorBody.Entry) {
        self.init(field: entry.meta?.source_field ?? "", rule: entry.meta?.rule ?? "", detail: entry.detail ?? "")
    }
}

extension PanelResponse {
    /// How long to wait, said in seconds or as a date to be held against the panel's own.
    var retryAfter: Duration? {
        guard let text = header("retry-after") else { return nil }
        if let seconds = Int(text) { return .seconds(max(0, min(seconds, 1_000_000))) }
        guard let until = httpDate(text), let now = header("date").flatMap(httpDate) else { return nil }
        return max(.zero, until - now)
    }
}
