/// The two halves of the panel's API, each with a key and a rate limit of its own.
public enum PanelAPI: String, Hashable, Sendable, CaseIterable {
    case application, client
}

/// What a request does, by HTTP's word for it.
public enum PanelMethod: String, Hashable, Sendable {
    case get = "GET"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"

    /// Whether it may change something.
    public var isWrite: Bool { self != .get }
}

/// One request as a transport sends it; it can be printed, since its key cannot.
public struct PanelRequest: Sendable {
    public var api: PanelAPI
    public var method: PanelMethod
    /// The whole address.
    public var url: String
    /// The part of the address behind the panel's own, with its query: `/api/application/users?page=2`.
    public var target: String
    /// To be sent as `Authorization: Bearer …`.
    public var key: PanelKey
    /// All other headers.
    public var headers: [PanelHeader]
    public var body: [UInt8]?
    /// A longer answer is an error, not to be read to its end.
    public var maximumBodySize: Int
    /// How long the whole exchange may take.
    public var timeout: Duration

    public init(
        api: PanelAPI,
        method: PanelMethod,
        url: String,
        target: String,
        key: PanelKey,
        headers: [PanelHeader],
        body: [UInt8]? = nil,
        maximumBodySize: Int,
        timeout: Duration
    ) {
        self.api = api
        self.method = method
        self.url = url
        self.target = target
        self.key = key
        self.headers = headers
        self.body = body
        self.maximumBodySize = maximumBodySize
        self.timeout = timeout
    }
}

/// A header's name and value.
public struct PanelHeader: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One answer as a transport received it.
public struct PanelResponse: Sendable {
    public var status: Int
    public var headers: [PanelHeader]
    public var body: [UInt8]

    public init(status: Int, headers: [PanelHeader], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of a header, whose name may be in any case.
    public func header(_ name: String) -> String? {
        headers.first { sameFolded($0.name, name) }?.value
    }
}

extension PanelResponse {
    /// The same without keys in its body: a panel in debugging mode shows what it was asked with, and its words are shown to people.
    func hiding(_ keys: [PanelKey]) -> PanelResponse {
        var text = String(decoding: body, as: UTF8.self)
        for key in keys where text.contains(key.revealed()) {
            text = text.replacing(key.revealed(), with: "<key>")
        }
        var response = self
        response.body = Array(text.utf8)
        return response
    }

    /// Whether its header, or for want of one its first byte, says that this is JSON.
    var isJSON: Bool {
        guard let type = header("content-type") else {
            let first = body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
            return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        }
        return asciiFolded(type).contains("json")
    }

    func integer(_ name: String) -> Int? {
        header(name).flatMap { Int($0) }
    }
}
