// swift-tools-version: 6.2
import PackageDescription

// The benchmarks are a package of their own, so that nobody who only wants the store needs the
// databases and codecs that it is compared with. It uses the public API alone: what it measures is what users
// get.

/// A door to one C library: a module map and a shim header, nothing else.
struct Door {
    var name: String
    var pkgConfig: String
    var debianPackages: [String]
}

let doors: [Door] = [
    Door(name: "CPeerLMDB", pkgConfig: "lmdb", debianPackages: ["liblmdb-dev"]),
    Door(name: "CSQLite", pkgConfig: "sqlite3", debianPackages: ["libsqlite3-dev"]),
    Door(name: "CRocksDB", pkgConfig: "rocksdb", debianPackages: ["librocksdb-dev"]),
    Door(
        name: "CPeerFFmpeg", pkgConfig: "libavcodec libavutil",
        debianPackages: ["libavcodec-dev", "libavutil-dev"]),
    Door(
        name: "CPeerTurboJPEG", pkgConfig: "libturbojpeg",
        debianPackages: ["libturbojpeg0-dev"]),
    Door(name: "CPeerZstd", pkgConfig: "libzstd", debianPackages: ["libzstd-dev"]),
    Door(name: "CLZ4", pkgConfig: "liblz4", debianPackages: ["liblz4-dev"]),
    Door(name: "CWebP", pkgConfig: "libwebp", debianPackages: ["libwebp-dev"]),
    Door(name: "CJXL", pkgConfig: "libjxl", debianPackages: ["libjxl-dev"]),
]

/// The libraries of the store's package that are measured.
let measured = [
    "AssetStore", "Basics", "FrameCodecs", "FrameSequences", "Media", "ProjectArchive", "Rendering",
]

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
    name: "assetbench",
    products: [.executable(name: "assetbench", targets: ["assetbench"])],
    dependencies: [.package(name: "assetstore", path: "../..")],
    targets: doors.map {
        .systemLibrary(
            name: $0.name, pkgConfig: $0.pkgConfig, providers: [.apt($0.debianPackages)])
    } + [
        .target(
            name: "Benchmarks",
            dependencies: doors.map { .target(name: $0.name) }
                + measured.map { .product(name: $0, package: "assetstore") },
            swiftSettings: settings),
        .executableTarget(
            name: "assetbench", dependencies: ["Benchmarks"], swiftSettings: settings),
        .testTarget(
            name: "BenchmarksTests",
            dependencies: ["Benchmarks"], swiftSettings: settings),
    ]
)
