import Basics
import TestSupport
import Testing
import Zstd

/// Bytes that compress: runs, repetitions and noise.
func sampleBytes(_ count: Int, using generator: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.append(contentsOf: generator.bytes(Int.random(in: 1...99, using: &generator)))
        case 1:
            let run = Int.random(in: 1...2000, using: &generator)
            bytes.append(contentsOf: [UInt8](repeating: generator.bytes(1)[0], count: run))
        case 2 where !bytes.isEmpty:
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            bytes.append(contentsOf: Array(bytes[start...].prefix(500)))
        default:
            bytes.append(contentsOf: generator.bytes(300).map { $0 & $0 >> 3 & 15 })
        }
    }
    return Array(bytes.prefix(count))
}

extension ZstdDecompressor {
    mutating func bytes(of frame: [UInt8], count: Int) throws(AssetError) -> [UInt8] {
        var output = [UInt8](repeating: 0xA5, count: count)
        var samples = output.mutableSpan
        var span = unsafe samples.mutableBytes
        try unsafe decompress(frame.span.bytes, into: &span)
        return output
    }
}

extension ZstdCompressor {
    /// Packs into the first `room` bytes of `output`.
    fileprivate mutating func length(
        of bytes: [UInt8], level: Int, into output: inout [UInt8], room: Int
    ) throws(AssetError) -> Int? {
        try unsafe output.withUnsafeMutableBufferPointer { (buffer) throws(AssetError) in
            let memory = UnsafeMutableRawBufferPointer(buffer)
            var part = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<room]).mutableBytes
            return try unsafe compress(bytes.span.bytes, level: level, into: &part)
        }
    }
}

@Suite struct ZstdRoundTrips {
    @Test(arguments: [-131_072, -50, -1, 1, 3, 9], ZstdOptions.Literals.allCases)
    func everythingComesBack(_ level: Int, _ literals: ZstdOptions.Literals) throws {
        var generator = SeededGenerator(seed: UInt64(level + 200_000))
        var compressor = try ZstdCompressor()
        var decompressor = try ZstdDecompressor()
        let options = ZstdOptions(literals: literals, windowLog: 20)
        for count in [0, 1, 2, 7, 255, 256, 1000, 65_791, 65_792, 131_072, 300_001] {
            let bytes = sampleBytes(count, using: &generator)
            var output: [UInt8] = [1, 2, 3]
            try unsafe compressor.compress(
                bytes.span.bytes, level: level, options: options, into: &output)
            #expect(output[..<3] == [1, 2, 3])
            #expect(try decompressor.bytes(of: Array(output[3...]), count: count) == bytes)
        }
    }

    @Test(arguments: ZstdOptions.Strategy.allCases)
    func strategiesAndTheirParametersAreTaken(_ strategy: ZstdOptions.Strategy) throws {
        var generator = SeededGenerator(seed: 11)
        let bytes = sampleBytes(100_000, using: &generator)
        var compressor = try ZstdCompressor()
        var decompressor = try ZstdDecompressor()
        let options = ZstdOptions(
            strategy: strategy, minMatch: 5, windowLog: 16, hashLog: 14, targetLength: 16)
        var frame: [UInt8] = []
        try unsafe compressor.compress(bytes.span.bytes, level: 5, options: options, into: &frame)
        #expect(frame.count < bytes.count)
        #expect(try decompressor.bytes(of: frame, count: bytes.count) == bytes)
    }

    @Test func framesDependOnNothingBefore() throws {
        var generator = SeededGenerator(seed: 3)
        let (bytes, others) = (
            sampleBytes(90_000, using: &generator), sampleBytes(200_000, using: &generator)
        )
        var expected: [UInt8] = []
        var fresh = try ZstdCompressor()
        try unsafe fresh.compress(bytes.span.bytes, level: -7, into: &expected)
        var used = try ZstdCompressor()
        for level in [-7, 9, 1] {
            var ignored: [UInt8] = []
            let options = ZstdOptions(literals: .huffman, strategy: .greedy)
            try unsafe used.compress(
                others.span.bytes, level: level, options: options, into: &ignored)
        }
        var frame: [UInt8] = []
        try unsafe used.compress(bytes.span.bytes, level: -7, into: &frame)
        #expect(frame == expected)
    }

    @Test func whatDoesNotFitIsNil() throws {
        var generator = SeededGenerator(seed: 5)
        let bytes = sampleBytes(50_000, using: &generator)
        var compressor = try ZstdCompressor()
        var frame: [UInt8] = []
        try unsafe compressor.compress(bytes.span.bytes, level: 1, into: &frame)
        for room in [0, 1, 17, frame.count - 1, frame.count, bytes.count] {
            var output = [UInt8](repeating: 0xEE, count: room + 8)
            let count = try compressor.length(of: bytes, level: 1, into: &output, room: room)
            #expect(output[room...].allSatisfy { $0 == 0xEE })
            if room < frame.count {
                #expect(count == nil)
            } else if let count {
                #expect(Array(output[..<count]) == frame)
            }
        }
    }

    @Test func valuesOutOfRangeAreRefused() throws {
        var compressor = try ZstdCompressor()
        let bytes: [UInt8] = [1, 2, 3]
        var output: [UInt8] = [9]
        for level in [23, -131_073, Int.max, Int.min] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try unsafe compressor.compress(bytes.span.bytes, level: level, into: &output)
            }
        }
        for options in [
            ZstdOptions(minMatch: 8), ZstdOptions(windowLog: 9), ZstdOptions(windowLog: .max),
            ZstdOptions(hashLog: 5), ZstdOptions(targetLength: -1),
        ] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try unsafe compressor.compress(
                    bytes.span.bytes, level: 1, options: options, into: &output)
            }
        }
        #expect(output == [9])
    }
}
