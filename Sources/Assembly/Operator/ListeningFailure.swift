import Foundation
import NIOCore

extension CommandFailure {
    /// What kept a program from listening, in words for its owner; `nil` where the error is of another kind.
    package init?(listeningAt address: String, _ error: any Error) {
        if error is SocketAddressError || error is SocketAddressError.UnknownHost {
            self.init(.didNotHold, "Cannot listen at \(address): the host's name is not known.")
            return
        }
        guard let error = error as? IOError else { return nil }
        let reason =
            switch error.errnoCode {
            case EADDRINUSE: "another program listens there already"
            case EACCES: "this user may not listen there"
            case EADDRNOTAVAIL: "this machine has no such address"
            default: "\(error)"
            }
        self.init(.didNotHold, "Cannot listen at \(address): \(reason).")
    }
}
