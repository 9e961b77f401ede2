// A disk that is really full: small file systems in memory, tmpfs and ext4.

internal import AssetStore
internal import Basics
internal import Glibc

/// Fills a store until the disk has no room, makes room by removing, and fills it again.
enum FullDisk {
    private static let byteCount = 96 << 20
    private static let roundCount = 3

    /// Runs it on file systems of its own; says on which, which are none where this process may not
    /// make any.
    static func run(_ attacked: Attacked, in directory: String) throws -> [String] {
        var names: [String] = []
        let disk = "\(directory)/full"
        try Files.makeDirectory(disk)
        if unsafe mount("torture", disk, "tmpfs", 0, "size=\(byteCount)") == 0 {
            try use(disk, attacked, "a full tmpfs")
            names.append("tmpfs")
        }
        if try mountImage("\(directory)/image", at: disk, attacked.work.output) {
            try use(disk, attacked, "a full ext4")
            names.append("ext4")
        }
        return names
    }

    private static func use(_ disk: String, _ attacked: Attacked, _ what: String) throws {
        defer { _ = unsafe umount2(disk, 0) }
        let child = try Child(
            ["full", "\(disk)/store"], environment: ["SWIFT_BACKTRACE": "enable=no"],
            output: attacked.work.output)
        try attacked.expectEnd(of: child, what)
    }

    /// Mounts an ext4 file system that is a file.
    private static func mountImage(
        _ image: String, at disk: String, _ output: String
    ) throws -> Bool {
        let (make, mount) = ("/usr/sbin/mkfs.ext4", "/usr/bin/mount")
        guard Files.exists(make), Files.exists(mount) else { return false }
        try Files.write([], to: image, length: byteCount)
        for (program, arguments) in [
            (make, ["-q", "-F", image]), (mount, ["-o", "loop", image, disk]),
        ] {
            let child = try Child(
                program: program, arguments, environment: [:], output: "\(output)-mount")
            guard try child.wait() == .status(0) else { return false }
        }
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
