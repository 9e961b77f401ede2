import AssetStore
import Basics
import Foundation
import Synchronization
import TestSupport
import Testing

/// What was acknowledged survives SIGKILL (P1), and nothing half-written is ever seen (P2).
@Suite struct KilledWriters {
    /// The bytes of the asset or frame with this number, from 1 byte to a few parts.
    static func content(_ number: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number))
        let size = number % 13 == 0 ? Limits.partByteCount + number : 1 + number * 911 % 40_000
        return random.bytes(size)
    }

    /// Writes with three threads until it is killed, noting each acknowledgement in a file.
    static func writeUntilKilled(_ store: String, _ log: String, after microseconds: Int) throws {
        let store = try Store.openOrCreate(at: store)
        let acknowledged = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        let notes = Mutex(acknowledged)
        @Sendable func note(_ line: String) {
            notes.withLock { try? $0.write(contentsOf: Data("\(line)\n".utf8)) }
        }
        let job = try store.submit(renderJob(frames: 1_000_000))
        let writer = FrameWriter(try store.start(job.id))
        let stored = try store.job(job.id)?.frames.count ?? 0
        let first = Int.random(in: 0..<1_000_000) * 1000
        for thread in 0..<2 {
            Thread.detachNewThread {
                for number in first + thread * 500..<first + thread * 500 + 500 {
                    guard let asset = try? store.put(image(name: "\(number)"), content(number))
                    else { return }
                    note("asset \(asset.id) \(number)")
                    if number % 5 == 0 {
                        note("removing \(asset.id)")
                        if (try? store.removeAsset(asset.id)) == true {
                            note("removed \(asset.id)")
                        }
                    }
                }
            }
        }
        Thread.detachNewThread {
            for index in stored..<stored + 5000 {
                let bytes = content(index)
                let facts = FrameFacts(codec: 1, width: 2, height: 2)
                guard
                    (try? unsafe writer.append(
                        index, facts, bytes.span.bytes,
                        onDurable: {
                            note("frame \(index)")
                        })) != nil
                else { return }
            }
        }
        Thread.detachNewThread {
            while (try? store.reclaim()) != nil { usleep(2000) }
        }
        usleep(UInt32(microseconds))
        kill(getpid(), SIGKILL)
        sleep(60)
    }

    @Test func whatWasAcknowledgedIsThere() async throws {
        let directory = try TemporaryDirectory()
        let (path, log) = (directory.file("store"), directory.file("log"))
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        for round in 0..<12 {
            let delay = 3000 + round * round * 4000
            let roundLog = "\(log)-\(round)"
            _ = FileManager.default.createFile(atPath: roundLog, contents: nil)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, roundLog = roundLog as String, delay = delay as Int] in
                try KilledWriters.writeUntilKilled(path, roundLog, after: delay)
            }
            let notes = try String(contentsOfFile: roundLog, encoding: .utf8)
            let whole = try String(contentsOfFile: log, encoding: .utf8) + notes
            try whole.write(toFile: log, atomically: true, encoding: .utf8)
            guard FileManager.default.fileExists(atPath: "\(path)/catalog/data.mdb") else {
                continue
            }
            try check(path, whole)
        }
    }

    private func check(_ path: String, _ log: String) throws {
        let store = try Store.openOrCreate(at: path)
        var (kept, doubtful): ([AssetID: Int], Set<AssetID>) = ([:], [])
        var frames: Set<Int> = []
        for line in log.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch words[0] {
            case "asset": kept[try #require(AssetID(words[1]))] = Int(words[2])
            case "removing": doubtful.insert(try #require(AssetID(words[1])))
            case "removed": kept[try #require(AssetID(words[1]))] = nil
            default: frames.insert(try #require(Int(words[1])))
            }
        }
        for (id, number) in kept {
            let bytes = try store.bytes(of: id)
            #expect(bytes == Self.content(number) || bytes == nil && doubtful.contains(id))
        }
        // What was not acknowledged is there whole or not at all.
        try store.forEachAsset { asset in
            let number = try #require(Int(asset.description.name))
            #expect(try store.bytes(of: asset.id) == Self.content(number))
            return true
        }
        if let job = try store.jobs().first {
            for index in frames {
                #expect(try store.bytes(ofFrame: index, of: job.id) == Self.content(index))
            }
            #expect(try !store.isRunning(job.id))
        }
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
        try store.close()
    }
}
