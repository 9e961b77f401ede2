// swift-tools-version: 6.2
import PackageDescription

// The attacks are a package of their own. They use the public API alone: what holds for them holds
// for users.

/// The libraries of the store's package that are attacked.
let attacked = ["AssetStore", "Basics", "Exporting", "ProjectArchive"]

let warningsAreErrors = Context.environment["ASSETSTORE_WARNINGS_AS_ERRORS"] == "1"

let settings: [SwiftSetting] =
    [
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let package = Package(
    name: "torture",
    products: [
        .executable(name: "torture", targets: ["torture"]),
        // Preloaded into the processes that are attacked, never linked.
        .library(name: "TortureInterposer", type: .dynamic, targets: ["CInterposer"]),
    ],
    dependencies: [.package(name: "assetstore", path: "../..")],
    targets: [
        // The header that the interposer and the attacks share.
        .systemLibrary(name: "CTrace"),
        .target(name: "CInterposer", cSettings: [.headerSearchPath("../CTrace")]),
        .target(
            name: "Attacks",
            dependencies: ["CTrace"] + attacked.map { .product(name: $0, package: "assetstore") },
            swiftSettings: settings),
        .executableTarget(name: "torture", dependencies: ["Attacks"], swiftSettings: settings),
    ]
)
