import Basics
import Glibc
import TestSupport
import Testing

@testable import LMDB

/// Commits that are not flushed one by one: a loss of power undoes all of a period or none, and never
/// harms what was flushed (P1, P2).
@Suite struct DeferredCommits {
    /// An environment with some flushed entries, of several pages.
    private static func makeStore() throws -> BytesTable {
        let store = try BytesTable()
        var random = SeededGenerator(seed: 5)
        for _ in 0..<5 {
            try store.environment.write { transaction in
                for _ in 0..<100 {
                    try transaction.put(
                        store.table, Bytes(random.bytes(8)), Bytes(random.bytes(100)))
                }
            }
        }
        return store
    }

    private static func entries(_ environment: Environment) throws -> [[UInt8]: [UInt8]] {
        let table = try BytesTable.table(of: environment)
        var entries: [[UInt8]: [UInt8]] = [:]
        try environment.read { transaction in
            try transaction.scan(table) { key, value in
                entries[key.bytes] = value.bytes
                return true
            }
        }
        return entries
    }

    private func change(_ store: BytesTable, _ random: inout SeededGenerator) throws {
        let known = try store.keys()
        let (key, value) = (random.bytes(8), random.bytes(300))
        let gone = known.randomElement(using: &random)!
        try store.environment.writeDeferred(knownFrom: 7) { transaction in
            try transaction.put(store.table, Bytes(key), Bytes(value))
            try transaction.delete(store.table, Bytes(gone))
        }
    }

    @Test func theyAreSeenAtOnceAndFlushedByTheNextCommit() throws {
        let store = try Self.makeStore()
        try store.environment.writeDeferred(knownFrom: 7) {
            try $0.put(store.table, Bytes([1]), Bytes([2]))
        }
        let seen = try store.environment.read { try $0.get(store.table, Bytes([1])) }
        #expect(seen == Bytes([2]))
        #expect(store.environment.hasDeferred)
        #expect(try PowerLoss.bytes(of: "\(store.directory.path)/fallback")[4] == 1)
        try store.environment.write { try $0.put(store.table, Bytes([3]), Bytes([4])) }
        #expect(!store.environment.hasDeferred)
        #expect(try PowerLoss.bytes(of: "\(store.directory.path)/fallback")[4] == 0)
    }

    /// Whatever reached the disk of a period, the environment is what it was before, and whole.
    @Test(arguments: 0..<20) func aLossOfPowerUndoesAPeriod(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try Self.makeStore()
        let durable = try PowerLoss.bytes(of: "\(store.directory.path)/data.mdb")
        let before = try Self.entries(store.environment)
        for _ in 0..<Int.random(in: 1...Environment.deferredCountMax, using: &random) {
            try change(store, &random)
        }
        let current = try PowerLoss.bytes(of: "\(store.directory.path)/data.mdb")
        let image = try TemporaryDirectory()
        try PowerLoss.write(
            PowerLoss.image(durable: durable, current: current, random: &random),
            to: image.file("data.mdb"))
        try PowerLoss.write(
            PowerLoss.bytes(of: "\(store.directory.path)/fallback"), to: image.file("fallback"))
        #expect(try PowerLoss.restartMachine(image.path))

        let left = try Environment(path: image.path)
        #expect(left.undoneOrigin == 7)
        #expect(try Self.entries(left) == before)
        try left.flushDeferred()
        #expect(left.undoneOrigin == nil)
        // It goes on from there, over the pages that were lost.
        let table = try BytesTable.table(of: left)
        for step in 0..<20 {
            try left.write {
                try $0.put(table, Bytes([0, UInt8(step)]), Bytes(random.bytes(1000)))
            }
        }
        #expect(try Self.entries(left).count == before.count + 20)
    }

    /// What is done again is undone again, when whoever did it dies before it was flushed.
    @Test func whatWasUndoneIsDoneAgainOnceOnly() throws {
        var random = SeededGenerator(seed: 3)
        let store = try Self.makeStore()
        let before = try Self.entries(store.environment)
        for _ in 0..<10 { try change(store, &random) }
        let image = try TemporaryDirectory()
        for name in ["data.mdb", "fallback"] {
            try PowerLoss.write(
                PowerLoss.bytes(of: "\(store.directory.path)/\(name)"), to: image.file(name))
        }
        #expect(try PowerLoss.restartMachine(image.path))
        for _ in 0..<3 {
            let left = try Environment(path: image.path)
            #expect(left.undoneOrigin == 7)
            #expect(try Self.entries(left) == before)
            let table = try BytesTable.table(of: left)
            for step in 0..<5 {
                try left.writeDeferred(knownFrom: 7) {
                    try $0.put(table, Bytes([0, UInt8(step)]), Bytes([1]))
                }
            }
        }
        let left = try Environment(path: image.path)
        let table = try BytesTable.table(of: left)
        try left.writeDeferred(knownFrom: 7) { try $0.put(table, Bytes([0, 9]), Bytes([1])) }
        try left.flushDeferred()
        #expect(try Self.entries(left) == before.merging([[0, 9]: [1]]) { $1 })
    }

    /// A machine that went down has no process left; another machine may have.
    @Test func nothingIsUndoneWhileSomebodyHasItOpen() async throws {
        let store = try Self.makeStore()
        try store.environment.writeDeferred(knownFrom: 7) {
            try $0.put(store.table, Bytes([1]), Bytes([2]))
        }
        #expect(try PowerLoss.restartMachine(store.directory.path))
        let before = try PowerLoss.bytes(of: "\(store.directory.path)/data.mdb")
        await #expect(processExitsWith: .exitCode(7)) {
            [path = store.directory.path as String] in
            do {
                _ = try Environment(path: path)
            } catch let error as AssetError where error.code == .busy {
                exit(7)
            }
        }
        #expect(try PowerLoss.bytes(of: "\(store.directory.path)/data.mdb") == before)
    }

    /// Pages of a period are used again when it has ended: the file does not grow without end.
    @Test func theFileStopsGrowing() throws {
        var random = SeededGenerator(seed: 4)
        let store = try Self.makeStore()
        var counts: [Int] = []
        for _ in 0..<8 {
            for key in 0..<Environment.deferredCountMax {
                let value = Bytes(random.bytes(300))
                try store.environment.writeDeferred(knownFrom: 7) {
                    try $0.put(store.table, Bytes([UInt8(key)]), value)
                }
            }
            counts.append(try File("\(store.directory.path)/data.mdb").byteCount())
        }
        #expect(counts[7] == counts[3])
    }

    /// What was fallen back to in a period that has ended is never fallen back to again.
    @Test func aFlushThatFailsOutsideOfPeriodsIsNoPeriod() throws {
        let store = try Self.makeStore()
        try store.environment.writeDeferred(knownFrom: 7) {
            try $0.put(store.table, Bytes([1]), Bytes([2]))
        }
        let header = try FallbackHeader(directory: store.directory.path)
        guard case .deferring = try header.state() else {
            Issue.record("there is no period")
            return
        }
        try store.environment.flushDeferred()
        try header.noteFailure()
        #expect(try header.state() == .none)
        try store.environment.write { try $0.put(store.table, Bytes([3]), Bytes([4])) }
    }

    /// After a failed flush nothing more is taken for durable, until the machine was started anew.
    @Test func aFailedFlushEndsWriting() throws {
        let store = try Self.makeStore()
        let before = try Self.entries(store.environment)
        try store.environment.writeDeferred(knownFrom: 7) {
            try $0.put(store.table, Bytes([1]), Bytes([2]))
        }
        let path = "\(store.directory.path)/fallback"
        var bytes = try PowerLoss.bytes(of: path)
        bytes[4] = 2
        try PowerLoss.write(bytes, to: path)
        #expect(throws: AssetError.self) {
            try store.environment.write { try $0.put(store.table, Bytes([3]), Bytes([4])) }
        }
        #expect(throws: AssetError.self) {
            try store.environment.writeDeferred(knownFrom: 7) {
                try $0.put(store.table, Bytes([3]), Bytes([4]))
            }
        }
        #expect(try Self.entries(store.environment).count == before.count + 1)
        let image = try TemporaryDirectory()
        for name in ["data.mdb", "fallback"] {
            try PowerLoss.write(
                PowerLoss.bytes(of: "\(store.directory.path)/\(name)"), to: image.file(name))
        }
        #expect(try PowerLoss.restartMachine(image.path))
        let left = try Environment(path: image.path)
        #expect(try Self.entries(left) == before)
        try left.flushDeferred()
        let table = try BytesTable.table(of: left)
        try left.write { try $0.put(table, Bytes([3]), Bytes([4])) }
    }
}
