#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A network of IPv4 or IPv6 addresses, such as `203.0.113.0/24`.
package struct CIDR: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    package let description: String
    private let network: [UInt8]
    private let prefixLength: Int

    /// Reads an address with or without a length; `nil` if it is none, or if the address has bits beyond the length.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, parts.count <= 2, let address = Self.bytes(of: first) else { return nil }
        let bits = address.count * 8
        var length = bits
        if parts.count == 2 {
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let given = Int(parts[1]), given <= bits
            else { return nil }
            length = given
        }
        guard Self.masked(address, to: length) == address else { return nil }
        description = text
        network = address
        prefixLength = length
    }

    /// Whether it takes in every address of its kind.
    package var isEverything: Bool { prefixLength == 0 }

    /// Whether an address, as text, lies in it; an IPv4 address that is written as IPv6 (`::ffff:203.0.113.7`) counts as what it is.
    package func contains(_ address: String) -> Bool {
        guard let bytes = Self.bytes(of: address).map(Self.unmapped) else { return false }
        return bytes.count == network.count && Self.masked(bytes, to: prefixLength) == network
    }

    static func bytes(of address: String) -> [UInt8]? {
        guard !address.contains("\0") else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 {
            return withUnsafeBytes(of: &four) { Array($0) }
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else { return nil }
        return withUnsafeBytes(of: &six) { Array($0) }
    }

    private static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
        let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes.count == 16 && bytes.starts(with: prefix) ? Array(bytes.suffix(4)) : bytes
    }

    private static func masked(_ bytes: [UInt8], to length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - index * 8, 0), 8)
            return kept == 8 ? byte : byte & ~(UInt8.max >> UInt8(kept))
        }
    }
}
