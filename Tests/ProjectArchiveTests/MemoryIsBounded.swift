import AssetStore
import Basics
import Foundation
import Glibc
import ProjectArchive
import TestSupport
import Testing

/// No operation takes over 64 MiB of memory of its own, however large the asset and however many
/// there are (P10): everything is done with one several times as long while the memory is watched.
///
/// With `ASSETSTORE_MODEL_SECONDS` the asset has 4 GiB.
@Suite struct MemoryIsBounded {
    private static let byteCountMax = 64 << 20

    @Test func ofAnAssetOfAnyLength() async throws {
        let directory = try TemporaryDirectory()
        let byteCount = ModelSettings.seconds > 0 ? 4 << 30 : 256 << 20
        await #expect(processExitsWith: .success) {
            [path = directory.path as String, byteCount = byteCount as Int] in
            try MemoryIsBounded.useLargeAsset(path, byteCount)
        }
    }

    @Test func ofManyFramesAndAssets() async throws {
        let directory = try TemporaryDirectory()
        let count = ModelSettings.seconds > 0 ? 1_000_000 : 60_000
        await #expect(processExitsWith: .success) {
            [path = directory.path as String, count = count as Int] in
            try MemoryIsBounded.useManyFrames(path, count)
        }
    }

    private static func useLargeAsset(_ path: String, _ byteCount: Int) throws {
        let source = Noise(byteCount: byteCount)
        let memory = try MemoryWatch()
        let store = try Store.create(at: "\(path)/store")
        let description = AssetDescription(
            namespace: .videos, project: "p", name: "long", mediaType: "video/mp4")
        let asset = try memory.watch("put") { try store.put(description, contentsOf: source) }
        try memory.watch("put what is there already") {
            _ = try store.put(description, contentsOf: source)
        }
        try memory.watch("stream and give up") {
            var writer = try store.makeWriter(for: description)
            try writer.write(contentsOf: Noise(byteCount: byteCount, seed: 2))
        }
        // What zstd packs.
        let picture = AssetDescription(namespace: .images, project: "p", mediaType: "image/bmp")
        try memory.watch("put packed") {
            _ = try store.put(picture, contentsOf: Noise(byteCount: byteCount, isNoise: false))
        }
        for asset in try store.assets(project: "p") {
            guard let reader = try store.reader(for: asset.id) else {
                throw AssetError(.inputMissing, "\(asset) is gone")
            }
            try memory.watch("read") { try reader.forEachPiece { _ in } }
            try memory.watch("read the end") {
                try reader.forEachPiece(of: byteCount - 1000..<byteCount) { _ in }
            }
        }
        guard asset.byteCount == byteCount else { throw AssetError(.damaged, "\(asset)") }
        try memory.watch("verify") {
            guard try store.verify().isIntact else { throw AssetError(.damaged, "the store") }
        }
        try useWhole(store, path, memory)
    }

    /// What goes over all of a store or a project.
    private static func useWhole(_ store: Store, _ path: String, _ memory: MemoryWatch) throws {
        try memory.watch("export") { _ = try store.exportProject("p", to: "\(path)/p.zip") }
        try memory.watch("import") {
            _ = try store.importProject(from: "\(path)/p.zip", as: "again")
        }
        try FileSystem.removeFile("\(path)/p.zip")
        try memory.watch("backup") { _ = try store.backup(to: "\(path)/copy") }
        try memory.watch("remove") {
            for project in try store.projects() { _ = try store.removeProject(project.name) }
        }
        try memory.watch("reclaim") { _ = try store.reclaim() }
        try store.close()
        try memory.watch("salvage") {
            _ = try Store.salvage(from: "\(path)/copy", to: "\(path)/salvaged")
        }
    }

    private static func useManyFrames(_ path: String, _ count: Int) throws {
        let memory = try MemoryWatch()
        let store = try Store.create(at: "\(path)/store")
        let job = try store.submit(
            JobDescription(
                project: "p", kind: "render", recipe: "{}", submission: "{}", frameCount: count))
        try memory.watch("append frames") {
            let lease = try store.start(job.id)
            let writer = FrameWriter(lease)
            let facts = FrameFacts(codec: 1, width: 2, height: 2)
            for index in 0..<count {
                let bytes = [
                    UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8),
                ]
                try unsafe writer.append(index, facts, bytes.span.bytes)
            }
            try writer.flush()
            try lease.complete(keepingFrames: true)
        }
        try memory.watch("list frames") {
            var found = 0
            try store.forEachFrame(of: job.id) { _ in
                found += 1
                return true
            }
            guard found == count else { throw AssetError(.damaged, "\(found) frames") }
        }
        try memory.watch("verify") {
            guard try store.verify().isIntact else { throw AssetError(.damaged, "the store") }
        }
        try useWhole(store, path, memory)
    }

    /// Looks at how much memory of its own this process takes while something is done.
    private final class MemoryWatch: Sendable {
        private struct State {
            var peak = 0
            var isOver = false
        }

        private let byteCountMax: Int

        init() throws { byteCountMax = try Self.byteCount() + MemoryIsBounded.byteCountMax }

        /// `RssAnon`: what is in memory and of no file.
        private static func byteCount() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
            let words = line?.split(separator: " ", omittingEmptySubsequences: true) ?? []
            guard words.count >= 2, let kibibytes = words.compactMap({ Int($0) }).first else {
                throw AssetError(.io, "/proc/self/status has no RssAnon")
            }
            return kibibytes << 10
        }

        func watch<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
            let state = Monitor(State())
            let sampler = try WorkerThread(name: "memory") {
                while !state.withLock({ $0.isOver }) {
                    let now = (try? Self.byteCount()) ?? .max
                    state.withLock { $0.peak = max($0.peak, now) }
                    usleep(1000)
                }
            }
            defer {
                state.withLock { $0.isOver = true }
                sampler.join()
            }
            let result = try body()
            let peak = state.withLock { $0.peak }
            print("\(what): \(peak >> 20) MiB")
            guard peak <= byteCountMax else {
                throw AssetError(.io, "\(what) took \(peak) bytes, of at most \(byteCountMax)")
            }
            return result
        }
    }
}

/// Bytes that are made when they are read.
private struct Noise: RandomAccessBytes {
    var byteCount: Int
    var seed: UInt64 = 1
    var isNoise = true
    var subject: String { "noise" }

    func read(at offset: Int, into buffer: inout MutableRawSpan) throws(AssetError) -> Int {
        let count = min(buffer.byteCount, byteCount - offset)
        guard count > 0 else { return 0 }
        // A word of each 64 bytes is by chance; so no two parts are equal, and half packs well.
        unsafe buffer.withUnsafeMutableBytes { bytes in
            for index in 0..<count {
                let place = UInt64(offset + index)
                let word = (place >> 3 ^ seed << 40) &* 0x9E37_79B9_7F4A_7C15
                let mixed = (word ^ word >> 29) &* 0xBF58_476D_1CE4_E5B9
                let isFixed = !isNoise && place & 63 >= 8
                unsafe bytes[index] =
                    isFixed ? 7 : UInt8(truncatingIfNeeded: mixed >> (8 * (place & 7)))
            }
        }
        return count
    }
}
