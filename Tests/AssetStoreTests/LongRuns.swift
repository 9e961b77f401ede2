import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

/// A process that works for long gathers nothing (P10): open files, mappings and memory are after
/// many rounds what they were after a few. The attack `leaks` of the torture does this for longer.
@Suite struct LongRuns {
    @Test func nothingIsGathered() async {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let kept = try Store.create(at: directory.file("kept"))
            var random = SeededGenerator(seed: 11)
            var measures: [Measure] = []
            for round in 0..<90 {
                try LongRuns.work(kept, &random)
                let store = try Store.openOrCreate(at: directory.file("store"))
                try LongRuns.work(store, &random)
                if round % 5 == 0 {
                    let backup = directory.file("backup-\(round)")
                    _ = try store.backup(to: backup)
                    try Store.open(at: backup).close()
                    try FileManager.default.removeItem(atPath: backup)
                }
                try store.close()
                measures.append(try Measure())
            }
            try kept.close()
            let (before, after) = (measures[30..<60], measures[60...])
            func most(_ part: ArraySlice<Measure>, _ number: (Measure) -> Int) -> Int {
                part.map { number($0) }.max() ?? 0
            }
            #expect(most(after, \.fileCount) <= most(before, \.fileCount))
            // The C library keeps what was freed, and not always in the same places.
            #expect(most(after, \.mappingCount) <= most(before, \.mappingCount) + 16)
            let (first, last) = (most(before, \.memoryByteCount), most(after, \.memoryByteCount))
            #expect(Measure.isSanitized || last <= first * 9 / 8 + 4 << 20)
        }
    }

    /// Stores, reads, removes and gives back.
    private static func work(_ store: Store, _ random: inout SeededGenerator) throws {
        var ids: [AssetID] = []
        for number in 0..<8 {
            let bytes = random.bytes(Int.random(in: 1...20_000, using: &random))
            let asset = try store.put(image(name: "\(number)"), bytes)
            #expect(try store.bytes(of: asset.id) == bytes)
            ids.append(asset.id)
        }
        let job = try store.submit(renderJob(recipe: "{}"))
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<6 { try writer.append(index, random.bytes(500)) }
        try writer.flush()
        try lease.complete(keepingFrames: false)
        for id in ids { _ = try store.removeAsset(id) }
        _ = try store.removeJob(job.id)
        #expect(try store.verify().isIntact)
        do {
            _ = try store.reclaim()
        } catch let error as AssetError where error.code == .busy {
            // The background thread is at it.
        }
    }

    /// What this process holds.
    struct Measure {
        let fileCount: Int
        let mappingCount: Int
        /// Anonymous memory in use.
        let memoryByteCount: Int

        init() throws {
            fileCount = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            mappingCount = try Self.lines("/proc/self/maps").count
            let line = try #require(
                try Self.lines("/proc/self/status").first { $0.hasPrefix("RssAnon:") })
            let words = line.split(whereSeparator: \.isWhitespace)
            memoryByteCount = try #require(Int(words[1])) << 10
        }

        static func lines(_ path: String) throws -> [Substring] {
            let handle = try #require(FileHandle(forReadingAtPath: path))
            let text = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
            return text.split(separator: "\n")
        }

        /// Sanitizers keep what was freed, to see who uses it.
        static let isSanitized =
            unsafe dlsym(nil, "__asan_init") != nil
            || dlsym(nil, "__tsan_init") != nil
    }
}
