// swift-tools-version: 6.2
import PackageDescription

// The package is a table: one row per module, arrows pointing down only. `Tools/check` builds with
// `--explicit-target-dependency-import-check error`, so an import that is not in this table fails.

/// A door to one C library: a module map and a shim header, nothing else.
struct Door {
    var name: String
    var pkgConfig: String?
    var debianPackages: [String]
}

let doors: [Door] = [
    Door(name: "CLinux", pkgConfig: nil, debianPackages: ["libc6-dev"]),
    Door(name: "CLMDB", pkgConfig: "lmdb", debianPackages: ["liblmdb-dev"]),
    Door(name: "CXXHash", pkgConfig: "libxxhash", debianPackages: ["libxxhash-dev"]),
    Door(name: "CZstd", pkgConfig: "libzstd", debianPackages: ["libzstd-dev"]),
    Door(name: "CArchive", pkgConfig: "libarchive", debianPackages: ["libarchive-dev"]),
    Door(name: "CDeflate", pkgConfig: "libdeflate", debianPackages: ["libdeflate-dev"]),
    Door(
        name: "CTurboJPEG", pkgConfig: "libturbojpeg", debianPackages: ["libturbojpeg0-dev"]),
    Door(name: "CFFTW", pkgConfig: "fftw3f", debianPackages: ["libfftw3-dev"]),
    Door(name: "CPixman", pkgConfig: "pixman-1", debianPackages: ["libpixman-1-dev"]),
    Door(name: "CCairo", pkgConfig: "cairo", debianPackages: ["libcairo2-dev"]),
    Door(
        name: "CFFmpeg",
        pkgConfig: "libavformat libavcodec libswscale libswresample libavutil",
        debianPackages: [
            "libavformat-dev", "libavcodec-dev", "libswscale-dev", "libswresample-dev",
            "libavutil-dev",
        ]),
]

/// A module written here, and the modules below it that it may import.
struct Room {
    var name: String
    var dependencies: [String]
    var isPublic: Bool = false
    /// Files of the module's tests that are no sources.
    var testData: [String] = []
    /// C libraries that the module's tests compare it with.
    var testDoors: [String] = []
    /// What the module's tests use beside ``TestSupport``.
    var testWorkshops: [String] = []
}

let rooms: [Room] = [
    Room(
        name: "Basics", dependencies: ["CLinux", "CXXHash"], isPublic: true,
        testDoors: ["CXXHash"]),
    Room(name: "LMDB", dependencies: ["Basics", "CLMDB"]),
    Room(name: "Zstd", dependencies: ["Basics", "CZstd"]),
    Room(
        name: "AssetStore", dependencies: ["Basics", "LMDB", "Zstd"], isPublic: true,
        testWorkshops: ["StoreModel"]),
    Room(
        name: "ProjectArchive", dependencies: ["Basics", "AssetStore", "CArchive", "CDeflate"],
        isPublic: true),
    Room(
        name: "FrameCodecs", dependencies: ["Basics", "CTurboJPEG"], isPublic: true,
        testDoors: ["CTurboJPEG"]),
    Room(name: "Media", dependencies: ["Basics", "FrameCodecs", "CFFmpeg"], isPublic: true),
    Room(
        name: "Rendering",
        dependencies: ["Basics", "FrameCodecs", "CFFTW", "CPixman", "CCairo"], isPublic: true,
        testData: ["Vectors"]),
    Room(
        name: "FrameSequences", dependencies: ["Basics", "AssetStore", "FrameCodecs", "Media"],
        isPublic: true),
    Room(
        name: "Exporting",
        dependencies: ["Basics", "AssetStore", "FrameCodecs", "Media", "Rendering"],
        isPublic: true),
    Room(
        name: "AssetctlCommands",
        dependencies: [
            "Basics", "AssetStore", "ProjectArchive", "FrameCodecs", "Media", "Rendering",
            "FrameSequences", "Exporting",
        ]),
]

/// A module that only tests use, and the fuzzer: where it lies, and what it may import.
struct Workshop {
    var name: String
    var path: String
    var dependencies: [String]
}

let workshops: [Workshop] = [
    Workshop(name: "TestSupport", path: "Tests/TestSupport", dependencies: ["Basics"]),
    Workshop(
        name: "StoreModel", path: "Tests/StoreModel",
        dependencies: ["Basics", "AssetStore", "TestSupport"]),
    Workshop(
        name: "Doors", path: "Fuzz/Doors",
        dependencies: [
            "Basics", "AssetStore", "ProjectArchive", "FrameCodecs", "Media", "Rendering",
            "AssetctlCommands", "StoreModel", "TestSupport",
        ]),
]

/// The fuzzer: libFuzzer brings its `main`, so it is only there when `Tools/fuzz` builds it.
let isFuzzing = Context.environment["ASSETSTORE_FUZZ"] == "1"

/// Programs: a `main.swift` of a few lines over one module.
let programs: [(name: String, dependencies: [String])] = [
    (name: "assetctl", dependencies: ["AssetctlCommands"])
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

func dependencies(_ names: [String]) -> [Target.Dependency] {
    names.map { .target(name: $0) }
}

let package = Package(
    name: "assetstore",
    products: rooms.filter(\.isPublic).map { .library(name: $0.name, targets: [$0.name]) }
        + programs.map { .executable(name: $0.name, targets: [$0.name]) },
    targets: doors.map {
        .systemLibrary(
            name: $0.name, pkgConfig: $0.pkgConfig, providers: [.apt($0.debianPackages)])
    }
        + rooms.map {
            .target(
                name: $0.name, dependencies: dependencies($0.dependencies),
                swiftSettings: settings)
        }
        + programs.map {
            .executableTarget(
                name: $0.name, dependencies: dependencies($0.dependencies),
                swiftSettings: settings)
        }
        + workshops.map {
            .target(
                name: $0.name, dependencies: dependencies($0.dependencies), path: $0.path,
                swiftSettings: settings)
        }
        + rooms.map { room in
            .testTarget(
                name: room.name + "Tests",
                dependencies: dependencies(
                    [room.name, "TestSupport"] + room.testWorkshops + room.testDoors
                        + room.dependencies.filter { !$0.hasPrefix("C") }
                        + programs.filter { $0.dependencies == [room.name] }.map(\.name)),
                exclude: room.testData, swiftSettings: settings)
        }
        + [
            .testTarget(
                name: "DoorsTests", dependencies: dependencies(["Doors"]),
                swiftSettings: settings)
        ]
        + (isFuzzing
            ? [
                .target(name: "CNoDisk", path: "Fuzz/CNoDisk"),
                .executableTarget(
                    name: "fuzz", dependencies: dependencies(["Doors", "CNoDisk"]),
                    path: "Fuzz/Target", swiftSettings: settings),
            ] : [])
)
