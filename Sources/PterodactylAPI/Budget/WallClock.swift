#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Seconds since 1970 by this machine's clock.
func wallSeconds() -> Double {
    Date().timeIntervalSince1970
}
