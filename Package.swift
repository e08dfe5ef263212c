// swift-tools-version: 6.2

import PackageDescription

// Continuous integration treats warnings as errors; a newer compiler's new warning never stops a user's build.
let isStrict = Context.environment["CI"] != nil

let settings: [SwiftSetting] =
    [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
    + (isStrict ? [.treatAllWarnings(as: .error)] : [])

// `make setup` unpacks OpenVINO there; installed programs find it beside themselves.
let openVINORunPath: [LinkerSetting] = [
    .unsafeFlags([
        "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../../../.deps/openvino/libs",
        "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib/semblance",
    ])
]

let package = Package(
    name: "semblance",
    products: [
        .executable(name: "semblance", targets: ["semblance"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms.git", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // C libraries, one module map each.
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CVips", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "COpenVINO", pkgConfig: "openvino-c"),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Our own C: SIMD chosen at run time.
        .target(name: "CImageKernels", cSettings: [.unsafeFlags(["-O3"])]),
        .target(name: "CVectorKernels", cSettings: [.unsafeFlags(["-O3"])]),

        .target(name: "SemblanceCore", dependencies: ["CLibCrypto"], swiftSettings: settings),
        .target(
            name: "SemblanceVision",
            dependencies: [
                "SemblanceCore", "CImageKernels", "CVips", "CTurboJPEG", "COpenVINO", "CZlib",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["ONNX/onnx.proto"],
            swiftSettings: settings,
            linkerSettings: openVINORunPath),
        .target(
            name: "SemblanceIndex", dependencies: ["SemblanceCore", "CVectorKernels"], swiftSettings: settings),
        .target(
            name: "SemblanceStore",
            dependencies: [
                "SemblanceCore", "CHiredis", "CPostgres",
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "SemblanceFetch",
            dependencies: [
                "SemblanceCore",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "SemblanceEngine",
            dependencies: [
                "SemblanceCore",
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "SemblanceLab", dependencies: ["SemblanceCore", "SemblanceEngine"], swiftSettings: settings),
        .target(
            name: "SemblanceServer",
            dependencies: [
                "SemblanceCore", "SemblanceEngine",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Web")],
            swiftSettings: settings),
        .executableTarget(
            name: "semblance",
            dependencies: [
                "SemblanceCore", "SemblanceVision", "SemblanceIndex", "SemblanceStore", "SemblanceFetch",
                "SemblanceEngine", "SemblanceLab", "SemblanceServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        .executableTarget(
            name: "semblance-bench",
            dependencies: [
                "SemblanceCore", "SemblanceVision", "SemblanceIndex", "SemblanceStore", "CPostgres",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Benchmarks/semblance-bench", swiftSettings: settings),

        // Tests.
        .target(
            name: "SemblanceTesting",
            dependencies: ["SemblanceCore"],
            path: "Tests/SemblanceTesting", swiftSettings: settings),
        .testTarget(
            name: "SemblanceCoreTests", dependencies: ["SemblanceCore"], swiftSettings: settings),
        .testTarget(
            name: "SemblanceVisionTests",
            dependencies: ["SemblanceCore", "SemblanceVision", "CImageKernels", "CVips"], exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(
            name: "SemblanceIndexTests",
            dependencies: ["SemblanceCore", "SemblanceIndex", "CVectorKernels", "SemblanceTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "SemblanceStoreTests",
            dependencies: [
                "SemblanceCore", "SemblanceStore", "SemblanceTesting", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(
            name: "SemblanceFetchTests", dependencies: ["SemblanceCore", "SemblanceFetch"], swiftSettings: settings),
        .testTarget(
            name: "SemblanceEngineTests",
            dependencies: ["SemblanceCore", "SemblanceEngine", "SemblanceStore", "SemblanceTesting"],
            swiftSettings: settings),
        .testTarget(
            name: "SemblanceLabTests",
            dependencies: ["SemblanceCore", "SemblanceEngine", "SemblanceLab", "SemblanceTesting"],
            exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(
            name: "SemblanceServerTests",
            dependencies: [
                "SemblanceCore", "SemblanceEngine", "SemblanceFetch", "SemblanceServer", "SemblanceTesting",
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: settings),
    ]
)
