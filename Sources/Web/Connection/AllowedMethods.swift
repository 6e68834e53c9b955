import HTTPTypes
import Hummingbird

/// Which methods each address takes, for the answer to all others.
struct AllowedMethods: Sendable {
    private struct Address: Sendable {
        /// `nil` stands for any.
        var components: [String?]
        var method: HTTPRequest.Method
    }

    private let addresses: [Address]

    init(_ routes: [Router<WebContext>.RouteDescription]) {
        addresses = routes.map { route in
            let components = route.path.description.split(separator: "/").map { component in
                component.hasPrefix(":") || component.hasPrefix("{") ? nil : String(component)
            }
            return Address(components: components, method: route.method)
        }
    }

    /// The methods in order, as the `Allow` header has them; empty if there is nothing at that address.
    func methods(at path: String) -> [String] {
        let components = path.split(separator: "/")
        let matching = addresses.filter { address in
            address.components.count == components.count
                && zip(address.components, components).allSatisfy { $0 == nil || $0 ?? "" == $1 }
        }
        var methods = Set(matching.map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted()
    }
}
