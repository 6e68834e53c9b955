// swift-tools-version: 6.2
import PackageDescription

let checks: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Where all is built once, as in CI, modules are compiled as wholes, for a quarter less of processor time.
let whole: [SwiftSetting] =
    Context.environment["PAYDACTYL_WHOLE_MODULES"] == nil
    ? [] : [.unsafeFlags(["-whole-module-optimization", "-num-threads", "2"], .when(configuration: .debug))]

let strict = checks + whole

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// The heart of the simulation runs weeks in seconds, in debug as well; unoptimised it would take minutes.
let quick = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// The layers, top to bottom; a target may depend only on what stands below it (`script/check` holds the imports to this).
let package = Package(
    name: "paydactyl",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "paydactyl", targets: ["paydactyl"]),
        .library(name: "PterodactylAPI", targets: ["PterodactylAPI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .executableTarget(
            name: "paydactyl",
            dependencies: [
                "Assembly", "Web", "Provisioning", "PterodactylAPI", "Billing", "Entitlements", "ServiceConfiguration",
                "Observability", "PanelSimulator", "Simulation", "Oracle", nioCore, nioPosix, arguments,
                lifecycle, unixSignals, log, metrics,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Assembly",
            dependencies: [
                "ServiceConfiguration", "Web", "Provisioning", "SQLiteLedger", "Ledger", "PterodactylAPI", "Billing",
                "Entitlements",
                "Observability", "PanelSimulator", lifecycle, unixSignals, log, crypto, nioSSL,
                asyncHTTPClient, nioCore, nioPosix, nioHTTP1,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "ServiceConfiguration",
            dependencies: ["Entitlements", "Observability", yams],
            swiftSettings: strict
        ),
        .target(
            name: "Web",
            dependencies: [
                "Provisioning", "Ledger", "PterodactylAPI", "Billing", "ServiceConfiguration", "Entitlements",
                "Observability",
                hummingbird, hummingbirdCore, hummingbirdTLS,
                nioCore, nioHTTPTypes, nioSSL, httpTypes,
                crypto, log, coreMetrics, lifecycle, mustache,
            ],
            resources: [.embedInCode("Console/Templates"), .embedInCode("API/openapi.json")],
            swiftSettings: strict
        ),
        .target(
            name: "Provisioning",
            dependencies: [
                "Ledger", "PterodactylAPI", "Billing", "Entitlements", "Observability", lifecycle, log, metrics, crypto,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Simulation",
            dependencies: [
                "Oracle", "Provisioning", "PanelSimulator", "SQLiteLedger", "Ledger", "PterodactylAPI", "Billing",
                "Entitlements", lifecycle, log,
            ],
            swiftSettings: quick
        ),
        .target(name: "Oracle", swiftSettings: quick),
        .target(
            name: "PanelSimulator",
            dependencies: [hummingbirdCore, httpTypes, nioCore, nioPosix, crypto, log, lifecycle],
            swiftSettings: quick
        ),
        .target(
            name: "SQLiteLedger",
            dependencies: ["Ledger", "Entitlements", grdb, crypto],
            swiftSettings: strict
        ),
        .target(name: "Ledger", dependencies: ["Entitlements"], swiftSettings: strict),
        .target(
            name: "PterodactylAPI",
            dependencies: [asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL, log],
            swiftSettings: strict
        ),
        .target(name: "Billing", dependencies: ["Entitlements", "Observability", crypto], swiftSettings: strict),
        .target(name: "Observability", dependencies: [log, coreMetrics, metrics], swiftSettings: strict),
        .target(name: "Entitlements", swiftSettings: quick),

        // Programs that tests start; it is in no product.
        .target(
            name: "ChildProcess",
            dependencies: ["SpawnActions"],
            path: "Tests/ChildProcess",
            swiftSettings: strict
        ),
        .target(name: "SpawnActions", path: "Tests/SpawnActions"),
        .testTarget(name: "ChildProcessTests", dependencies: ["ChildProcess"], swiftSettings: strict),
        .testTarget(name: "EntitlementsTests", dependencies: ["Entitlements"], swiftSettings: strict),
        .testTarget(name: "ObservabilityTests", dependencies: ["Observability", log, metrics], swiftSettings: strict),
        .testTarget(
            name: "BillingTests",
            dependencies: ["Billing", "Entitlements", "Observability", crypto],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ServiceConfigurationTests",
            dependencies: ["ServiceConfiguration", "Entitlements", "Observability"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PterodactylAPITests",
            dependencies: ["PterodactylAPI", nioCore, nioPosix],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PanelSimulatorTests",
            dependencies: [
                "PanelSimulator", nioCore, nioHTTP1, asyncHTTPClient, lifecycle, log,
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LedgerConformanceTests",
            dependencies: ["Ledger", "SQLiteLedger", "Entitlements"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SQLiteLedgerTests",
            dependencies: ["SQLiteLedger", "Ledger", "Entitlements", "LedgerCrasher", "ChildProcess", grdb],
            swiftSettings: strict
        ),
        // A process for tests to kill; it is in no product.
        .executableTarget(
            name: "LedgerCrasher",
            dependencies: ["SQLiteLedger", "Ledger", "Entitlements"],
            path: "Tests/LedgerCrasher",
            swiftSettings: strict
        ),
        // The service with crash points armed, for CrashTests to start and kill; it is in no product.
        .executableTarget(
            name: "CrashingService",
            dependencies: [
                "Assembly", "ServiceConfiguration", "Entitlements", "Observability", unixSignals, log,
            ],
            path: "Tests/CrashingService",
            swiftSettings: strict
        ),
        .testTarget(
            name: "CrashTests",
            dependencies: [
                "CrashingService", "ChildProcess", "PanelSimulator", "Billing", "Entitlements", "Observability",
                asyncHTTPClient, grdb, nioCore, nioHTTP1,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProvisioningTests",
            dependencies: ["Provisioning", "PterodactylAPI"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Web", "Ledger", "ServiceConfiguration", "Entitlements", "Observability", httpTypes, hummingbird,
                nioCore,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Assembly", "ServiceConfiguration", "Web", "Provisioning", "SQLiteLedger", "Ledger", "PterodactylAPI",
                "PanelSimulator", "Billing",
                "Entitlements", "Observability", "ChildProcess", asyncHTTPClient, crypto, grdb, httpTypes, hummingbird,
                lifecycle, log, nioCore,
                nioHTTP1, nioPosix, nioSSL,
            ],
            // The build ends with it, and as a whole it would keep one core alone busy.
            swiftSettings: checks
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "Oracle"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "paydactyl", "Assembly", "ServiceConfiguration", "Provisioning", "PanelSimulator", "PterodactylAPI",
                "Billing",
                "Entitlements", "Observability", "ChildProcess", lifecycle, unixSignals, log, arguments,
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)

// The benchmarks use what is internal to the package, so they belong to it; but nobody who builds the program needs them.
if Context.environment["PAYDACTYL_BENCHMARKS"] != nil {
    package.products.append(.executable(name: "bench", targets: ["Bench"]))
    package.targets.append(
        .executableTarget(
            name: "Bench",
            dependencies: [
                "Assembly", "Billing", "Entitlements", "Ledger", "Observability", "PanelSimulator", "Provisioning",
                "PterodactylAPI", "SQLiteLedger",
                "ServiceConfiguration", arguments, crypto, coreMetrics, metrics, log,
            ],
            path: "Benchmarks/Bench",
            swiftSettings: strict
        )
    )
}
