import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why no connection came about, in words for whoever has to mend it, and with what to do.
public enum ConnectionTrouble: Hashable, Sendable {
    case refused
    case unknownHost
    case noRoute
    case tooSlow
    case noTLS
    case certificateOfAnotherHost
    /// It was good until this day, such as `2026-11-30`.
    case certificateRanOut(String)
    case certificateNotTrusted
    case handshakeBrokeOff

    /// What a failed connection tells; `nil` where it fails otherwise, or was there and broke.
    public init?(_ error: any Error) {
        switch error {
        case let error as IOError:
            guard let trouble = Self.of(error.errnoCode) else { return nil }
            self = trouble
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else {
                self = .unknownHost
                return
            }
            self = Self(first.error) ?? .noRoute
        case is SocketAddressError: self = .unknownHost
        case let error as HTTPClientError where error == .connectTimeout: self = .tooSlow
        case let error as HTTPClientError where error == .tlsHandshakeTimeout: self = .handshakeBrokeOff
        case NIOSSLError.handshakeFailed(let reason): self = Self.ofHandshake("\(reason)")
        case is NIOSSLExtraError: self = .certificateOfAnotherHost
        default: return nil
        }
    }

    private static func of(_ code: CInt) -> Self? {
        switch code {
        case ECONNREFUSED: .refused
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EADDRNOTAVAIL: .noRoute
        case ETIMEDOUT: .tooSlow
        default: nil
        }
    }

    /// The names are those of BoringSSL's reasons, which it gives in no other way.
    private static func ofHandshake(_ reason: String) -> Self {
        if reason.contains("CERTIFICATE_VERIFY_FAILED") { return .certificateNotTrusted }
        return ["WRONG_VERSION_NUMBER", "HTTP_REQUEST"].contains(where: reason.contains) ? .noTLS : .handshakeBrokeOff
    }
}

extension ConnectionTrouble: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refused:
            "the connection is refused: nothing listens at this address and port, or a firewall turns it away"
        case .unknownHost: "its name is not known (DNS): look for a typo, or at this machine's name server"
        case .noRoute: "no way leads there from this machine: look at the address, the network and the firewall"
        case .tooSlow: "no connection came about in time: look at the address, and at the firewalls on the way"
        case .noTLS:
            "no secure connection: what answers there speaks no TLS; look at the port, or write the address with http where it is on this machine"
        case .certificateOfAnotherHost:
            "no secure connection: its certificate is for another name; write the address with a name that the certificate has, or have one made for this name"
        case .certificateRanOut(let day):
            "no secure connection: its certificate ran out on \(day); renew it, and let the web server reload it"
        case .certificateNotTrusted:
            "no secure connection: nobody whom this machine trusts vouches for its certificate; serve it with its whole chain (fullchain.pem), or, if it is one of your own, make its authority known to this machine (update-ca-certificates)"
        case .handshakeBrokeOff:
            "no secure connection: the handshake broke off; is it the web server with TLS that listens there?"
        }
    }
}
