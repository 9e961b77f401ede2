import Basics
import LMDB
import Synchronization
import TestSupport
import Testing

@Suite struct CopiesOfAnEnvironment {
    @Test(arguments: [false, true])
    func aCopyIsOneMomentWhileWritersGoOn(compacting: Bool) throws {
        let store = try BytesTable()
        let (environment, table) = (store.environment, store.table)
        var random = SeededGenerator(seed: 8)
        let filler = (0..<2000).map { _ in (Bytes([0] + random.bytes(8)), Bytes(random.bytes(900)))
        }
        try environment.write { transaction in
            for (key, value) in filler { try transaction.put(table, key, value) }
            for key in 1..<5 { try transaction.put(table, Bytes([UInt8(key)]), Bytes([0])) }
        }
        let isDone = Atomic(false)
        let writer = try WorkerThread(name: "writer") {
            var step: UInt8 = 0
            while !isDone.load(ordering: .relaxed) {
                step &+= 1
                let value = Bytes([UInt8](repeating: step, count: 2000))
                try? environment.write { transaction in
                    for key in 1..<5 { try transaction.put(table, Bytes([UInt8(key)]), value) }
                }
            }
        }
        let target = try TemporaryDirectory()
        defer {
            isDone.store(true, ordering: .relaxed)
            writer.join()
        }
        try environment.copy(to: target.path, compacting: compacting)
        #expect(try FileSystem.names(in: target.path) == ["data.mdb"])

        let copy = try Environment(path: target.path)
        let copied = try BytesTable.table(of: copy)
        let (count, values) = try copy.read { transaction in
            (
                try transaction.count(copied),
                try (1..<5).map { try transaction.get(copied, Bytes([UInt8($0)])) }
            )
        }
        #expect(count == filler.count + 4)
        #expect(Set(values.map { $0?.bytes }).count == 1)
        for (key, value) in filler {
            #expect(try copy.read { try $0.get(copied, key) } == value)
        }
        try copy.write { try $0.put(copied, Bytes([9]), Bytes([9])) }
    }

    @Test func nothingIsOverwritten() throws {
        let store = try BytesTable()
        #expect(throws: AssetError(.alreadyExists, "")) {
            try store.environment.copy(to: store.directory.path, compacting: false)
        }
        #expect(throws: AssetError(.inputMissing, "")) {
            try store.environment.copy(to: store.directory.file("nowhere"), compacting: true)
        }
        try store.environment.write { try $0.put(store.table, Bytes([1]), Bytes([1])) }
    }

    @Test func compactingLeavesFreePagesOut() throws {
        let store = try BytesTable()
        try store.environment.write { transaction in
            for key in 0..<200 {
                try transaction.put(
                    store.table, Bytes([UInt8(key)]), Bytes([UInt8](repeating: 1, count: 5000)))
            }
        }
        try store.environment.write { transaction in
            _ = try transaction.removeEntries(of: store.table, countMax: 190)
        }
        let (plain, compact) = (try TemporaryDirectory(), try TemporaryDirectory())
        try store.environment.copy(to: plain.path, compacting: false)
        try store.environment.copy(to: compact.path, compacting: true)
        let plainCount = try File(plain.file("data.mdb")).byteCount()
        let compactCount = try File(compact.file("data.mdb")).byteCount()
        #expect(compactCount * 4 < plainCount)
        let copy = try Environment(path: compact.path)
        let table = try BytesTable.table(of: copy)
        #expect(try copy.read { try $0.count(table) } == 10)
    }
}
