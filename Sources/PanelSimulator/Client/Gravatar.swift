import Crypto

/// The picture that belongs to an address.
enum Gravatar {
    /// The MD5 of the address in lower case, which is how Gravatar names pictures; nothing is kept secret by it.
    static func digest(_ email: String) -> String {
        Insecure.MD5.hash(data: Array(email.lowercased().utf8)).map { byte in
            let hex = String(byte, radix: 16)
            return hex.count == 1 ? "0" + hex : hex
        }.joined()
    }
}
