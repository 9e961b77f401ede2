// Deleting a job with all its frames, until `du` shows that their disk blocks are back; beside
// `rm -r` of the same frames as files. The limit is what the disk takes to have as many bytes back:
// the same frames in files as long as packs, which are unlinked by as many threads.

internal import AssetStore
internal import Basics
internal import Glibc

/// The workload `delete-job`.
struct DeleteJob {
    private let bench: Bench
    private let count: Int
    private let payloads: Payloads

    /// What a store without frames may still take on disk.
    private static let restByteCountMax = 64 << 20

    static func measure(_ bench: Bench) throws -> [Row] {
        let deletion = DeleteJob(
            bench: bench, count: bench.size(50_000, smoke: 64), payloads: bench.payloads())
        // Each measurement writes 10 GB to delete.
        return try bench.compare(
            [deletion.ours(), deletion.files(), deletion.unlinked()], repetitionsMax: 3,
            warmsUp: false
        ).rows("delete-job", unit: "s", better: .lower, promises: [(.figure(1), 1)])
    }

    private func ours() -> Contestant {
        Contestant(name: Contestant.ours) {
            try bench.workspace.withDirectory(Contestant.ours) { directory in
                let ours = try OurStore(directory: directory)
                let lease = try ours.startJob(frameCount: count)
                let writer = FrameWriter(lease)
                for index in 0..<count {
                    try payloads.withBytes(index) {
                        try writer.append(index, OurStore.frameFacts, $0)
                    }
                }
                try writer.flush()
                try lease.pause(nil)
                let sum = try ours.frameSum(0..<count, of: lease.job)
                sync()
                let removal = try Effort { try ours.store.removeJob(lease.job) }
                let reclamation = try Effort { try reclaim(ours, in: directory) }
                bench.say(
                    "  removed in \(figureText(removal.seconds)) s "
                        + "(\(figureText(removal.processorSeconds)) s of processors), blocks back "
                        + "\(figureText(reclamation.seconds)) s later "
                        + "(\(figureText(reclamation.processorSeconds)) s)")
                try ours.store.close()
                return Sample(value: removal.seconds + reclamation.seconds, hash: sum.value)
            }
        }
    }

    private func reclaim(_ ours: OurStore, in directory: String) throws {
        // What a reader may still see waits for another call; there is none here.
        _ = try ours.store.reclaim()
        let rest = try diskByteCount(of: directory)
        guard rest <= Self.restByteCountMax else {
            throw AssetError(
                .damaged, "the store still takes \(rest) bytes after all of it was deleted")
        }
    }

    private func files() -> Contestant {
        Contestant(name: "rm -r") {
            try bench.workspace.withDirectory(FilesPeer.name) { directory in
                let folder = try makeDirectory("\(directory)/frames")
                let files = FilesPeer(directory: folder, isDurable: false)
                try files.put(0..<count, of: payloads)
                let sum = try files.contentSum(0..<count)
                sync()
                return Sample(
                    value: try seconds { try runProgram(["/bin/rm", "-r", folder]) },
                    hash: sum.value)
            }
        }
    }

    /// Frames of a file that is as long as a pack.
    private static let unlinkedFrameCount = 2684

    private func unlinked() -> Contestant {
        Contestant(name: "unlink") {
            try bench.workspace.withDirectory("unlinked") { directory in
                let starts = stride(from: 0, to: count, by: Self.unlinkedFrameCount)
                var sum = ContentSum()
                let folders = try starts.map { start in
                    let folder = try makeDirectory("\(directory)/\(start)")
                    let length = min(Self.unlinkedFrameCount, count - start)
                    let file = try RawPeer(
                        directory: folder, count: length, byteCount: payloads.byteCount)
                    for index in 0..<length {
                        try payloads.withBytes(start + index) { try file.append($0, as: index) }
                    }
                    for index in 0..<length {
                        try file.withBytes(index) { sum.add(start + index, $0) }
                    }
                    return folder
                }
                sync()
                let time = try seconds {
                    try onThreads(4, forEach: folders.indices) { try RawPeer.remove(folders[$0]) }
                }
                return Sample(value: time, hash: sum.value)
            }
        }
    }
}
