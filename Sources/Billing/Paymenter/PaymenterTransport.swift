package import Observability

/// The way to Paymenter's API and back: the one seam that tests fill.
package struct PaymenterTransport: Sendable {
    /// Sends a GET once, following no redirect, and returns whatever was answered.
    ///
    /// Throws a ``PaymenterTransportFailure`` where nothing was answered; anything else that it throws is taken for `noAnswer`.
    package var get: @Sendable (PaymenterRequest) async throws -> PaymenterAnswer

    package init(get: @escaping @Sendable (PaymenterRequest) async throws -> PaymenterAnswer) {
        self.get = get
    }
}

/// One question; it can be printed, since its token cannot.
package struct PaymenterRequest: Sendable {
    /// The whole address.
    package var url: String
    /// The part of the address behind Paymenter's own, with its query.
    package var target: String
    /// To be sent as `Authorization: Bearer …`.
    package var token: Redacted<String>
    /// A longer answer is an error, not to be read to its end.
    package var maximumBodySize: Int
    /// How long the whole exchange may take.
    package var timeout: Duration
}

/// One answer as a transport received it.
package struct PaymenterAnswer: Sendable {
    package var status: Int
    package var contentType: String?
    /// Where a redirect leads.
    package var location: String?
    package var body: [UInt8]

    package init(status: Int, contentType: String?, location: String? = nil, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.location = location
        self.body = body
    }
}

/// Why a question has no answer.
package enum PaymenterTransportFailure: Error, Hashable, Sendable {
    case unreachable(String)
    case noAnswer(String)
    case bodyTooLarge
}
