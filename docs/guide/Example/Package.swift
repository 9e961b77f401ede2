// swift-tools-version: 6.2
import PackageDescription

// A program that uses the store, as small as its package can be. Elsewhere the dependency is
// `.package(url: …, branch: "main")`.

let package = Package(
    name: "guide",
    dependencies: [.package(name: "assetstore", path: "../../..")],
    targets: [
        .executableTarget(
            name: "Guide",
            dependencies: [
                .product(name: "AssetStore", package: "assetstore"),
                .product(name: "Basics", package: "assetstore"),
            ])
    ])
