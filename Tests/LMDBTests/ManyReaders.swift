import Basics
import Glibc
import LMDB
import Synchronization
import TestSupport
import Testing

/// Read transactions are kept and used again; nobody can tell but by the time it takes.
@Suite struct ManyReaders {
    @Test func idleReadersSeeNoMoment() throws {
        let store = try BytesTable()
        let (environment, table) = (store.environment, store.table)
        let failures = Mutex<[String]>([])
        let isDone = Atomic(false)
        try environment.write { transaction in
            for key in 0..<8 { try transaction.put(table, Bytes([UInt8(key)]), Bytes([0])) }
        }
        let readers = try (0..<16).map { number in
            try WorkerThread(name: "reader") {
                do {
                    var newest: UInt64 = 0
                    while !isDone.load(ordering: .relaxed) {
                        let before = try environment.lastTransactionNumber()
                        try environment.read { transaction in
                            // All values are those of one transaction, not older than the last.
                            let first = try transaction.get(table, Bytes([0]))
                            for key in 1..<8 {
                                if try transaction.get(table, Bytes([UInt8(key)])) != first {
                                    failures.withLock { $0.append("a torn moment") }
                                }
                            }
                            if transaction.number < max(before, newest) {
                                failures.withLock { $0.append("an old moment") }
                            }
                            newest = transaction.number
                            if number % 4 == 0 {
                                let inner = try environment.read { $0.number }
                                if inner < transaction.number {
                                    failures.withLock { $0.append("an older inner moment") }
                                }
                            }
                        }
                        if number % 3 == 0 {
                            try? environment.read { _ in throw AssetError(.cancelled, "") }
                        }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for step in 1...200 {
            try environment.write { transaction in
                for key in 0..<8 {
                    try transaction.put(table, Bytes([UInt8(key)]), Bytes([UInt8(step)]))
                }
            }
        }
        isDone.store(true, ordering: .relaxed)
        for reader in readers { reader.join() }
        #expect(failures.withLock { $0 } == [])
        let last = try environment.lastTransactionNumber()
        #expect(try environment.horizon() == last)
        // Were a moment still seen, the next commits would not move the horizon.
        try environment.write { try $0.put(table, Bytes([0]), Bytes([1])) }
        #expect(try environment.horizon() == last + 1)
    }

    @Test func aReaderHoldsTheHorizonAsLongAsItReads() throws {
        let store = try BytesTable()
        let (environment, table) = (store.environment, store.table)
        let start = try environment.lastTransactionNumber()
        try environment.read { outer in
            try environment.write { try $0.put(table, Bytes([1]), Bytes([1])) }
            try environment.read { inner in
                try environment.write { try $0.put(table, Bytes([1]), Bytes([2])) }
                let moments = (outer.number, inner.number)
                #expect(moments == (start, start + 1))
                #expect(try environment.horizon() == start)
            }
            #expect(try environment.horizon() == start)
            #expect(try environment.lastTransactionNumber() == start + 2)
        }
        #expect(try environment.horizon() == start + 2)
    }

    @Test func fiftyNestedReadersAreMoreThanAreKept() throws {
        let store = try BytesTable()
        func nest(_ depth: Int) throws {
            try store.environment.read { transaction in
                if depth > 0 { try nest(depth - 1) }
                _ = try transaction.count(store.table)
            }
        }
        for _ in 0..<3 { try nest(50) }
        let last = try store.environment.lastTransactionNumber()
        #expect(try store.environment.horizon() == last)
    }

    @Test func theLastTransactionIsTheOneThatCommitted() throws {
        let store = try BytesTable()
        let number = try store.environment.write { transaction in
            try transaction.put(store.table, Bytes([1]), Bytes([1]))
            return transaction.number
        }
        #expect(try store.environment.lastTransactionNumber() == number)
        try? store.environment.write { transaction in
            try transaction.put(store.table, Bytes([2]), Bytes([1]))
            throw AssetError(.cancelled, "")
        }
        #expect(try store.environment.lastTransactionNumber() == number)
    }

    /// A process that is killed keeps its slots, until somebody finds none free.
    @Test func slotsOfTheDeadAreFreedWhenNoneIsLeft() async throws {
        var options = Environment.Options()
        options.readerCountMax = 10
        let store = try BytesTable(options)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = store.directory.path as String] in
            var options = Environment.Options()
            options.readerCountMax = 10
            let environment = try Environment(path: path, options: options)
            func nest() throws {
                try environment.read { _ in
                    do {
                        try nest()
                    } catch {
                        _ = kill(getpid(), SIGKILL)
                    }
                }
            }
            try nest()
        }
        _ = try store.environment.read { try $0.count(store.table) }
    }
}
