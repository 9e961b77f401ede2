import Basics
import LMDB
import TestSupport
import Testing

private struct Key: TableKey {
    var value: UInt32
    init(_ value: UInt32) { self.value = value }
    func append(to key: inout ByteWriter) { key.appendBigEndian(value) }
    init(key: inout ByteReader) throws(AssetError) { value = try key.bigEndianInteger() }
}

private struct Blob: TableValue {
    var bytes: [UInt8]
    func append(to value: inout ByteWriter) { value.append(contentsOf: bytes) }
    init(_ count: Int) { bytes = [UInt8](repeating: 7, count: count) }
    init(value: inout ByteReader) throws(AssetError) {
        bytes = try value.array(count: value.remaining)
    }
}

/// LMDB never writes a page that was taken and given up within one transaction, so an intact
/// environment may end before its last page.
@Suite struct IntactEnvironmentsOpen {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func anIntactEnvironmentOpens(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var random = SeededGenerator(seed: seed)
        var options = Environment.Options()
        options.checkedByteCountMax = .max
        for round in 0..<30 {
            do {
                let environment = try Environment(path: directory.path, options: options)
                let table = try #require(
                    try environment.openTables(create: true) { opener throws(AssetError) in
                        try opener.table("t", of: (Key.self, Blob.self))
                    })
                try environment.write { transaction in
                    for _ in 0..<Int.random(in: 1...200, using: &random) {
                        let key = Key(UInt32.random(in: 0..<300, using: &random))
                        if Bool.random(using: &random) {
                            let size =
                                Int.random(in: 0..<10, using: &random) == 0
                                ? Int.random(in: 3000..<30_000, using: &random)
                                : Int.random(in: 1..<300, using: &random)
                            try transaction.put(table, key, Blob(size))
                        } else {
                            try transaction.delete(table, key)
                        }
                    }
                }
            } catch {
                Issue.record("seed \(seed) round \(round): \(error)")
                return
            }
        }
    }
}
