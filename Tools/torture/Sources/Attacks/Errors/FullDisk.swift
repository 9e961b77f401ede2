// A disk that is really full: a small file system in memory.

internal import AssetStore
internal import Basics
internal import Glibc

/// Fills a store until the disk has no room, makes room by removing, and fills it again.
enum FullDisk {
    private static let byteCount = 72 << 20
    private static let roundCount = 3

    /// Runs it on a file system of its own; says whether this process may make one.
    static func run(_ attacked: Attacked, in directory: String) throws -> Bool {
        let disk = "\(directory)/full"
        try Files.makeDirectory(disk)
        guard unsafe mount("torture", disk, "tmpfs", 0, "size=\(byteCount)") == 0 else {
            return false
        }
        defer { _ = unsafe umount2(disk, 0) }
        let child = try Child(
            ["full", "\(disk)/store"], environment: ["SWIFT_BACKTRACE": "enable=no"],
            output: attacked.work.output)
        try attacked.expectEnd(of: child, "a full disk")
        return true
    }

    /// What the process does that uses the disk.
    static func fill(_ path: String) throws {
        let store = try Store.openOrCreate(at: path)
        var random = Random(0xF0)
        var kept: [AssetID: [UInt8]] = [:]
        for _ in 0..<roundCount {
            try fill(store, &kept, &random)
            for (id, bytes) in kept where try store.bytes(of: id) != bytes {
                throw BrokenPromise("P1: asset \(id) is not as it was before the disk was full")
            }
            guard try store.verify().isIntact else {
                throw BrokenPromise("P2: a full disk left damage")
            }
            // Works on a full disk (P6), and makes room at once.
            for id in kept.keys.sorted().prefix(kept.count / 2) {
                guard try store.removeAsset(id) else {
                    throw BrokenPromise("P1: asset \(id) is gone")
                }
                kept[id] = nil
            }
            _ = try store.reclaim()
        }
        try store.close()
    }

    private static func fill(
        _ store: Store, _ kept: inout [AssetID: [UInt8]], _ random: inout Random
    ) throws {
        let description = AssetDescription(
            namespace: .videos, project: "full", mediaType: "video/mp4")
        let before = kept.count
        do {
            // More than the disk has.
            for _ in 0..<byteCount >> 19 {
                let start = random.bytes(64)
                let bytes = start + [UInt8](repeating: start[0], count: 1 << 19)
                kept[try store.put(description, bytes).id] = bytes
            }
            throw BrokenPromise("more was stored than the disk has")
        } catch let error as AssetError {
            guard error.code == .diskFull else {
                throw BrokenPromise("a full disk: \(error.code): \(error.message)")
            }
        }
        guard kept.count > before else {
            throw BrokenPromise("P6: removing half of the store made no room")
        }
    }
}
