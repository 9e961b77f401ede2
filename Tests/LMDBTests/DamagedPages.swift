import Basics
import LMDB
import Synchronization
import TestSupport
import Testing

/// LMDB has no checksums, and ends the process where a page is not what it expects. Checked when it
/// is opened, a damaged environment is refused, or it is read and written without harm (P12).
@Suite struct DamagedPages {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func areRefusedOrHarmless(seed: UInt64) async {
        await #expect(processExitsWith: .success) { [seed = seed as UInt64] in
            var random = SeededGenerator(seed: seed)
            let whole = try DamagedPages.environment(&random)
            let pageCount = whole.count / 4096
            var refusedCount = 0
            for page in 0..<pageCount {
                for kind in 0..<6 {
                    var bytes = whole
                    let start = page * 4096
                    switch kind {
                    case 0: for index in start..<start + 4096 { bytes[index] = 0 }
                    case 1:
                        let other = Int.random(in: 0..<pageCount, using: &random) * 4096
                        for index in 0..<4096 { bytes.swapAt(start + index, other + index) }
                    default:
                        // Mostly where the page says what it is.
                        let range = kind < 4 ? 0..<160 : 0..<4096
                        bytes[start + Int.random(in: range, using: &random)] ^=
                            1 << UInt8.random(in: 0..<8, using: &random)
                    }
                    if try !DamagedPages.isTaken(bytes) { refusedCount += 1 }
                }
            }
            // Pages that are free may be anything.
            #expect(refusedCount > pageCount / 2)
            #expect(try DamagedPages.isTaken(whole))
        }
    }

    /// Writing to a table whose name went bad while it was open ended the process: LMDB took the
    /// table for an empty one, and its missing root for a page.
    @Test func aTableWhoseNameGoesBadIsFound() async {
        await #expect(processExitsWith: .success) {
            var random = SeededGenerator(seed: 5)
            let store = try BytesTable()
            _ = try store.fill(400, &random)
            let file = try File("\(store.directory.path)/data.mdb", [.write])
            var bytes = try file.read(at: 0, count: 64 << 20)
            let name = Array("store".utf8)
            for place in 8192..<bytes.count - name.count
            where Array(bytes[place..<place + name.count]) == name {
                bytes[place + 4] ^= 0x80
            }
            try store.environment.checkPages(byteCountMax: .max)
            unsafe try file.write(bytes.span.bytes, at: 0)
            #expect(throws: AssetError(.damaged, "")) {
                try store.environment.checkPages(byteCountMax: .max)
            }
            #expect(throws: AssetError(.damaged, "")) {
                try store.environment.write { try $0.put(store.table, Bytes([9]), Bytes([9])) }
            }
        }
    }

    /// Who opens an environment that others write finds it whole: headers that are written over
    /// meanwhile are no damage.
    @Test func writersAreNoDamage() async throws {
        let store = try BytesTable()
        let (environment, table) = (store.environment, store.table)
        let isDone = Atomic(false)
        let writer = try WorkerThread(name: "writer") {
            var number: UInt8 = 0
            while !isDone.load(ordering: .relaxed) {
                number &+= 1
                let key = Bytes([number])
                try? environment.writeDeferred(knownFrom: 1) {
                    try $0.put(table, key, Bytes([1, 2, 3]))
                }
            }
        }
        defer {
            isDone.store(true, ordering: .relaxed)
            writer.join()
        }
        await #expect(processExitsWith: .success) { [path = store.directory.path as String] in
            var options = Environment.Options()
            options.checkedByteCountMax = .max
            for _ in 0..<300 { _ = try Environment(path: path, options: options) }
        }
    }

    /// The file of an environment with trees of some depth, long values and free pages.
    private static func environment(_ random: inout SeededGenerator) throws -> [UInt8] {
        let store = try BytesTable()
        for round in 0..<4 {
            let keys = try store.fill(400, &random)
            try store.environment.write { transaction in
                for key in keys where Int.random(in: 0..<3, using: &random) == round % 3 {
                    try transaction.delete(store.table, Bytes(key))
                }
                for key in 0..<12 {
                    let value = random.bytes(Int.random(in: 100...9000, using: &random))
                    try transaction.put(
                        store.table, Bytes([1, UInt8(key), UInt8(round)]), Bytes(value))
                }
            }
        }
        return try File("\(store.directory.path)/data.mdb").read(at: 0, count: 64 << 20)
    }

    /// Whether an environment of these bytes opens; if so, it is read and written.
    private static func isTaken(_ bytes: [UInt8]) throws -> Bool {
        let directory = try TemporaryDirectory()
        let file = try File("\(directory.path)/data.mdb", [.write, .create])
        unsafe try file.write(bytes.span.bytes, at: 0)
        var options = Environment.Options()
        options.checkedByteCountMax = .max
        do {
            let environment = try Environment(path: directory.path, options: options)
            let table = try BytesTable.table(of: environment)
            var keys: [Bytes] = []
            try environment.read { transaction in
                try transaction.scan(table) { key, _ in
                    keys.append(key)
                    return true
                }
            }
            try environment.write { transaction in
                for (place, key) in keys.enumerated() {
                    try transaction.put(table, key, Bytes([UInt8](repeating: 7, count: place * 3)))
                }
            }
            try environment.write { transaction in
                for key in keys { try transaction.delete(table, key) }
            }
            return true
        } catch _ as AssetError {
            return false
        }
    }
}
