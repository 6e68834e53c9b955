import Testing

// Where a build keeps no index, SwiftPM cannot look there for tests, and is told where they begin. Swift Testing finds them by itself.
await Testing.__swiftPMEntryPoint() as Never
