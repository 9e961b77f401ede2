import AssetStore
import Basics
import Foundation
import Glibc
import TestSupport
import Testing

/// On a full disk everything that removes works, and makes room (P6); what was stored is there.
///
/// The disk is a small file system in memory, which only root may mount; others skip this.
@Suite(.enabled(if: geteuid() == 0, "mounting a file system takes root")) struct FullDisks {
    private static let disk = 80 << 20

    /// Large things fill the disk with payloads, small ones with the catalog.
    @Test(arguments: [400_000, 100]) func removingWorksAndMakesRoom(byteCount: Int) async throws {
        let directory = try TemporaryDirectory()
        let files = KilledAtRandom.Files(directory: directory.path)
        guard unsafe mount("full", directory.path, "tmpfs", 0, "size=\(Self.disk)") == 0 else {
            // Root without the right to, as in some containers.
            try #require(errno == EPERM, "mount: \(errno)")
            return
        }
        defer { Self.unmount(directory.path) }
        await #expect(processExitsWith: .success) {
            [files = files as KilledAtRandom.Files, byteCount = byteCount as Int] in
            // There is no room to say it on the disk itself.
            do {
                try FullDisks.run(files.store, byteCount)
            } catch {
                print("\(error)")
                throw error
            }
        }
    }

    private static func unmount(_ path: String) {
        let flags = CInt(MNT_DETACH)
        _ = unsafe umount2(path, flags)
    }

    /// Bytes of a number that no other number has.
    private static func content(_ number: Int, _ byteCount: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number))
        let start = random.bytes(64)
        return start + [UInt8](repeating: start[0], count: byteCount - 64)
    }

    private static func run(_ path: String, _ byteCount: Int) throws {
        let store = try Store.create(at: path, options: StoreOptions(reclaimsInBackground: false))
        var number = 0
        // Each way to remove, on a disk that is full again.
        let removals: [(what: String, remove: (Store) throws -> Bool)] = [
            ("an asset", { try $0.removeAsset($0.assets(project: "assets")[0].id) }),
            ("frames", { try $0.removeFrames(of: job.id) == () }),
            ("a job", { try $0.removeJob(job.id) }),
            (
                "evicting",
                { try $0.cancelJob(job.id) && $0.evict(byteCount: .max).jobCount == 1 }
            ),
            ("a project", { try $0.removeProject("assets") }),
        ]
        for (what, remove) in removals {
            try fill(store, byteCount, &number)
            let before = try store.statistics().storedByteCount
            guard try remove(store) else { throw AssetError(.inputMissing, "\(what): nothing") }
            let left = try store.statistics().storedByteCount
            if left >= before {
                throw AssetError(.damaged, "\(what): \(left) bytes of \(before) are left")
            }
            _ = try store.reclaim()
            guard try store.verify().isIntact else { throw AssetError(.damaged, what) }
        }
        // There is room again.
        _ = try store.put(image(), content(-1 & 0xFFFF, 100))
        try store.close()
    }

    private static let job = renderJob(project: "frames", frames: Limits.frameCountMax)

    /// Stores assets and frames in turn until the disk refuses; what was acknowledged is there.
    private static func fill(_ store: Store, _ byteCount: Int, _ number: inout Int) throws {
        let lease = try store.start(try store.submit(job).id)
        let writer = FrameWriter(lease)
        var kept: [AssetID: Int] = [:]
        var isFull = false
        while !isFull {
            do {
                number += 1
                let description = image(project: "assets", name: "\(number)")
                kept[try store.put(description, content(number, byteCount)).id] = number
                for _ in 0..<(byteCount < 1000 ? 2000 : 4) {
                    number += 1
                    try writer.append(number, content(number, byteCount))
                }
                try writer.flush()
            } catch let error as AssetError where error.code == .diskFull {
                isFull = true
            }
        }
        // Frames may still be on their way.
        do {
            try writer.flush()
        } catch let error as AssetError where error.code == .diskFull {}
        for (id, number) in kept {
            guard try store.bytes(of: id) == content(number, byteCount) else {
                throw AssetError(.damaged, "asset \(number)")
            }
        }
        lease.abandon()
    }
}
