import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

/// Cost follows what is touched (P8): opening a store, listing a small project, a job's progress
/// and storing a frame cost the same beside much else as beside little.
///
/// What is counted is not time: how much of the catalog a process that was just started has looked
/// at, of which the kernel maps only what is touched (and what lies around it, up to 64 KiB), and
/// how many bytes it writes.
@Suite struct CostFollowsWhatIsTouched {
    /// Bytes, by what was done. What was touched counts from the start.
    struct Costs: Codable {
        var catalog = 0
        var opening = 0
        var listing = 0
        var progress = 0
        var lookUp = 0
        var frame = 0
        var asset = 0
        var removal = 0
    }

    @Test func notWhatIsStored() async throws {
        let small = try await Self.costs(besides: 500)
        let large = try await Self.costs(besides: ModelSettings.seconds > 0 ? 3_000_000 : 100_000)
        #expect(large.catalog > 8 << 20 && large.catalog > 10 * small.catalog)
        // Two more levels of a tree, and what the kernel maps around each page.
        let levels = 2 * 64 << 10
        #expect(large.opening <= small.opening + 8 * levels, "\(small) \(large)")
        #expect(large.listing <= small.listing + 12 * levels, "\(small) \(large)")
        #expect(large.progress <= small.progress + 14 * levels, "\(small) \(large)")
        #expect(large.lookUp <= small.lookUp + 16 * levels, "\(small) \(large)")
        // Two more pages of each table that changes.
        #expect(large.frame <= small.frame + 20 * 4096, "\(small) \(large)")
        #expect(large.asset <= small.asset + 30 * 4096, "\(small) \(large)")
        #expect(large.removal <= small.removal + 30 * 4096, "\(small) \(large)")
    }

    /// What things cost beside so many frames, and a fiftieth as many assets.
    private static func costs(besides count: Int) async throws -> Costs {
        let directory = try TemporaryDirectory()
        let (path, told) = (directory.file("store"), directory.file("costs"))
        try fill(path, count)
        await #expect(processExitsWith: .success) {
            [path = path as String, told = told as String] in
            let costs = try CostFollowsWhatIsTouched.measure(path)
            try JSONEncoder().encode(costs).write(to: URL(fileURLWithPath: told))
        }
        return try JSONDecoder().decode(
            Costs.self, from: Data(contentsOf: URL(fileURLWithPath: told)))
    }

    private static let job = renderJob(project: "small", frames: 100)

    private static func fill(_ path: String, _ count: Int) throws {
        let store = try Store.create(at: path, options: StoreOptions(reclaimsInBackground: false))
        let lease = try store.start(try store.submit(job).id)
        let writer = FrameWriter(lease)
        for index in 0..<50 { try writer.append(index, [1, 2, 3]) }
        try writer.flush()
        try lease.pause(nil)
        for number in 0..<100 { _ = try store.put(image(project: "small", name: "\(number)"), []) }
        let other = renderJob(project: "other", frames: count)
        let otherLease = try store.start(try store.submit(other).id)
        let otherWriter = FrameWriter(otherLease)
        for index in 0..<count { try otherWriter.append(index, [7]) }
        try otherWriter.flush()
        try otherLease.pause(nil)
        let writers = try (0..<16).map { thread in
            try WorkerThread(name: "writer") {
                for number in stride(from: thread, to: count / 50, by: 16) {
                    #expect(throws: Never.self) {
                        try store.put(image(project: "other", name: "\(number)"), [])
                    }
                }
            }
        }
        for writer in writers { writer.join() }
        try store.close()
    }

    private static func measure(_ path: String) throws -> Costs {
        let options = StoreOptions(reclaimsInBackground: false, checkedCatalogByteCountMax: 0)
        let data = "\(path)/catalog/data.mdb"
        var costs = Costs(catalog: try File(data).byteCount())
        let store = try Store.open(at: path, options: options)
        costs.opening = try touchedByteCount(data)
        let assets = try store.assets(project: "small")
        #expect(assets.count == 100)
        costs.listing = try touchedByteCount(data)
        #expect(try store.job(job.id)?.frames.count == 50)
        costs.progress = try touchedByteCount(data)
        #expect(try store.assets(project: "small", named: "77").map(\.id) == [assets[77].id])
        costs.lookUp = try touchedByteCount(data)
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        // The first brings what is done once: a pack, a period of deferred commits.
        try writer.append(50, [1])
        try writer.flush()
        costs.frame = try writtenByteCount {
            try writer.append(51, [1])
            try writer.flush()
        }
        costs.asset = try writtenByteCount { _ = try store.put(image(project: "small"), []) }
        costs.removal = try writtenByteCount { _ = try store.removeAsset(assets[5].id) }
        try lease.pause(nil)
        try store.close()
        return costs
    }

    /// How much of a mapped file this process has touched.
    private static func touchedByteCount(_ path: String) throws -> Int {
        let name = path.split(separator: "/").suffix(3).joined(separator: "/")
        var isOfFile = false
        var byteCount = 0
        for line in try LongRuns.Measure.lines("/proc/self/smaps") {
            if line.hasSuffix(name) {
                isOfFile = true
            } else if line.contains("-"), line.first?.isHexDigit == true, !line.contains(":  ") {
                isOfFile = false
            } else if isOfFile, line.hasPrefix("Rss:") {
                byteCount += (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) << 10
            }
        }
        #expect(byteCount > 0)
        return byteCount
    }

    /// How many bytes this process hands to the kernel meanwhile.
    private static func writtenByteCount(_ body: () throws -> Void) throws -> Int {
        func written() throws -> Int {
            let io = try String(contentsOfFile: "/proc/self/io", encoding: .utf8)
            let line = try #require(io.split(separator: "\n").first { $0.hasPrefix("wchar:") })
            return try #require(Int(line.dropFirst(7)))
        }
        let before = try written()
        try body()
        return try written() - before
    }
}
