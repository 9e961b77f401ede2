import Basics
import LMDB
import TestSupport
import Testing

@Suite struct WhatDoesNotFit {
    @Test(arguments: [0, 512, 5000]) func aKeyOfNoTableIsTheCallersError(count: Int) throws {
        let store = try BytesTable()
        let key = Bytes([UInt8](repeating: 1, count: count))
        let error = AssetError(.invalidArgument, "")
        #expect(throws: error) { try store.environment.read { _ = try $0.get(store.table, key) } }
        #expect(throws: error) {
            try store.environment.write { try $0.put(store.table, key, Bytes([])) }
        }
        #expect(throws: error) {
            try store.environment.write { _ = try $0.delete(store.table, key) }
        }
    }

    @Test(arguments: [0, 1, 1023, 1024, 1025, 40_000, 3_000_000])
    func keysAndValuesOfAllSizesComeBack(count: Int) throws {
        let store = try BytesTable()
        var random = SeededGenerator(seed: 1)
        for keyCount in [1, 64, 510, 511] {
            let (key, value) = (Bytes(random.bytes(keyCount)), Bytes(random.bytes(count)))
            try store.environment.write { try $0.put(store.table, key, value) }
            let found = try store.environment.read { try $0.get(store.table, key) }
            #expect(found == value)
        }
    }

    @Test func aFullEnvironmentKeepsWhatItHasAndOpensLarger() throws {
        let directory = try TemporaryDirectory()
        let value = Bytes([UInt8](repeating: 1, count: 10_000))
        var options = Environment.Options()
        options.mapByteCount = 1 << 20
        var count: UInt8 = 0
        do {
            let environment = try Environment(path: directory.path, options: options)
            let table = try BytesTable.table(of: environment)
            #expect(throws: AssetError(.diskFull, "")) {
                while true {
                    try environment.write { try $0.put(table, Bytes([count]), value) }
                    count += 1
                }
            }
            #expect(count > 50)
            #expect(try environment.read { try $0.count(table) } == Int(count))
        }
        options.mapByteCount = 2 << 20
        let environment = try Environment(path: directory.path, options: options)
        let table = try BytesTable.table(of: environment)
        try environment.write { try $0.put(table, Bytes([count]), value) }
        for key in 0...count {
            #expect(try environment.read { try $0.get(table, Bytes([key])) } == value)
        }
    }

    @Test func whatLMDBRefusesHasACode() {
        // MDB_TXN_FULL, MDB_BAD_VALSIZE, MDB_MAP_FULL, MDB_READERS_FULL and MDB_PANIC.
        for (status, code) in [
            (-30788, AssetError.Code.library), (-30781, .invalidArgument), (-30792, .diskFull),
            (-30790, .busy), (-30795, .io),
        ] as [(CInt, AssetError.Code)] {
            #expect(AssetError.lmdb("mdb_put", status, path: "here").code == code)
        }
    }
}
