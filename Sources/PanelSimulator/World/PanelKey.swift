/// An API key.
package struct PanelKey: Sendable, Equatable {
    /// What an application key may do with a kind of resource.
    package enum Right: Int, Sendable {
        case none = 0
        case read = 1
        case write = 3
    }

    /// The kinds of resources that application keys are limited to.
    package enum Resource: String, Sendable, CaseIterable {
        case users, servers, nodes, allocations, locations, nests, eggs
    }

    /// The two kinds of keys.
    package enum Kind: Sendable, Equatable {
        /// A key for the application API with its rights.
        case application([Resource: Right])
        /// An account's own key.
        case client
    }

    /// The key itself.
    package var token: String
    /// The kind.
    package var kind: Kind
    /// The user it belongs to.
    package var userID: Int
    /// The address it may come from (nil: any); the simulator takes every caller for 127.0.0.1.
    package var allowedIP: String?

    /// An application key, with all rights unless others are given.
    package static func application(_ token: String, userID: Int = 1, rights: [Resource: Right]? = nil) -> PanelKey {
        let all = Dictionary(uniqueKeysWithValues: Resource.allCases.map { ($0, Right.write) })
        return PanelKey(token: token, kind: .application(rights ?? all), userID: userID)
    }

    /// A client key of a user.
    package static func client(_ token: String, userID: Int = 1, allowedIP: String? = nil) -> PanelKey {
        PanelKey(token: token, kind: .client, userID: userID, allowedIP: allowedIP)
    }
}
