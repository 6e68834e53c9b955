import Foundation

/// Whether there is a whole night for the tests (`script/simulate-nightly` says so), and not the minutes that a change can wait for.
let isThorough = ProcessInfo.processInfo.environment["PAYDACTYL_THOROUGH"] != nil
