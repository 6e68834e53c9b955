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
    /// What the ids that a request under a key makes are derived from.
    private var keyedSeed: ChangeSeed?

    /// What ids that this request makes are derived from: a new one each time, unless it came under a key.
    ///
    /// Made only where it is asked for: three calls of the system for random bytes would stand in the way of every request.
    var seed: ChangeSeed {
        get { keyedSeed ?? ChangeSeed() }
        set { keyedSeed = newValue }
    }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
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
