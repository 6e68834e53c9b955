/// Why a call to the panel did not do what it should, in terms of what can be done about it.
public struct PanelError: Error, Hashable, Sendable {
    /// Which request it was, without query and secrets.
    public struct Request: Hashable, Sendable, CustomStringConvertible {
        public var api: PanelAPI
        public var method: PanelMethod
        public var path: String

        public init(api: PanelAPI, method: PanelMethod, path: String) {
            self.api = api
            self.method = method
            self.path = path
        }

        public var description: String { "\(method.rawValue) \(path)" }
    }

    public var request: Request
    /// The status of the answer, if one came.
    public var status: Int?
    public var kind: Kind
    /// The panel's name for the failure: the class of its exception, an implementation detail that changes between versions.
    public var code: String?
    /// The panel's words, or those of the transport.
    public var detail: String?

    public init(request: Request, status: Int? = nil, kind: Kind, code: String? = nil, detail: String? = nil) {
        self.request = request
        self.status = status
        self.kind = kind
        self.code = code
        self.detail = detail
    }

    /// The fields that the panel refused, if it refused fields.
    public var fields: [InvalidField] {
        if case .invalid(let fields) = kind { fields } else { [] }
    }

    /// Whether the panel refused this field because something else already has its value.
    public func isTaken(_ field: String) -> Bool {
        fields.contains { $0.field == field && $0.rule == "unique" }
    }

    /// How long the panel asks to wait, if it does.
    public var retryAfter: Duration? {
        switch kind {
        case .rateLimited(let wait), .maintenance(let wait): wait
        default: nil
        }
    }
}

/// One field that the panel refused, and the rule that it broke.
public struct InvalidField: Hashable, Sendable {
    /// The panel's name for it, such as `external_id` or `limits.memory`.
    public var field: String
    /// Laravel's name for the rule, such as `unique`, `required` or `p_username`.
    public var rule: String
    public var detail: String

    public init(field: String, rule: String, detail: String) {
        self.field = field
        self.rule = rule
        self.detail = detail
    }
}
