import Basics
import TestSupport
import Testing

/// Records come back as they were written, and damaged ones give errors, never traps (P12).
@Suite struct ByteRecords {
    private struct Record: Equatable {
        var number: UInt64
        var text: String
        var real: Double
        var maybe: Int32?
        var bytes: [UInt8]

        var encoded: [UInt8] {
            var writer = ByteWriter()
            writer.append(number)
            writer.append(text)
            writer.append(real)
            writer.append(optional: maybe)
            writer.append(UInt8(bytes.count))
            writer.append(contentsOf: bytes)
            return writer.bytes
        }

        init(number: UInt64, text: String, real: Double, maybe: Int32?, bytes: [UInt8]) {
            (self.number, self.text, self.real) = (number, text, real)
            (self.maybe, self.bytes) = (maybe, bytes)
        }

        init(_ data: [UInt8]) throws {
            self = try unsafe ByteReader.read(data.span.bytes, subject: "a test record") { reader in
                let record = Record(
                    number: try reader.integer(), text: try reader.string(),
                    real: try reader.double(),
                    maybe: try reader.optional { reader throws(AssetError) in
                        try reader.integer()
                    },
                    bytes: try reader.array(count: Int(try reader.integer(UInt8.self))))
                try reader.finish()
                return record
            }
        }
    }

    @Test func roundTrip() throws {
        for maybe in [Int32?.none, .some(-5)] {
            let record = Record(
                number: .max, text: "Grüße 🎵", real: -0.25, maybe: maybe, bytes: [1, 2, 3])
            #expect(try Record(record.encoded) == record)
        }
    }

    /// A byte that no text has is found wherever it stands, also among ASCII alone.
    @Test func textIsWhatUTF8Is() throws {
        for count in 1...40 {
            let ascii = String(repeating: "a", count: count)
            let whole = Record(number: 1, text: ascii, real: 2, maybe: nil, bytes: []).encoded
            #expect(try Record(whole).text == ascii)
            for position in 0..<count {
                for byte: UInt8 in [0x80, 0xC3, 0xFF] {
                    var damaged = whole
                    damaged[12 + position] = byte
                    #expect(throws: AssetError(.damaged, "")) { try Record(damaged) }
                }
                let head = String(repeating: "a", count: position)
                let text = head + "ü" + ascii
                let record = Record(number: 1, text: text, real: 2, maybe: nil, bytes: [])
                #expect(try Record(record.encoded) == record)
            }
        }
    }

    @Test func everyTruncationIsAnError() throws {
        let whole = Record(number: 1, text: "text", real: 2, maybe: 3, bytes: [4, 5]).encoded
        for count in 0..<whole.count {
            #expect(throws: AssetError(.damaged, "")) { try Record(Array(whole.prefix(count))) }
        }
        #expect(throws: AssetError(.damaged, "")) { try Record(whole + [0]) }
    }

    @Test func garbageNeverTraps() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let garbage = random.bytes(Int.random(in: 0...60, using: &random))
            do {
                _ = try Record(garbage)
            } catch {
                #expect((error as? AssetError)?.code == .damaged)
            }
        }
    }

    @Test func bigEndianKeysSortLikeTheirNumbers() {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<1000 {
            let (left, right) = (random.next(), random.next() >> (random.next() % 64))
            let (a, b) = (key(left), key(right))
            #expect((left < right) == a.lexicographicallyPrecedes(b))
        }
    }

    private func key(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendBigEndian(number)
        return writer.bytes
    }
}
