import Hummingbird
import Logging
import NIOCore

/// What a request carries through the server.
struct WebContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?
    /// The person behind an admin request, once its token was checked.
    var person: Person?
    /// The console's session that a request belongs to.
    var session: Session?
    /// What ids that this request makes are derived from.
    var seed: ChangeSeed

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
        seed = ChangeSeed()
    }
}

/// Whose token a request carries.
struct Person: Hashable, Sendable {
    var name: String
    var mayChange: Bool
}

extension Person? {
    /// Under which name what they do is recorded.
    var author: String { self?.name ?? "unknown" }
}
