import Basics
import TestSupport
import Testing
import Zstd

/// Damaged or made-up frames give `damaged`, and nothing is written beyond what was lent (P12).
@Suite struct HostileFrames {
    /// Unpacks into the middle of a larger array, whose edges must stay as they are.
    private func unpack(
        _ frame: [UInt8], count: Int, with decompressor: inout ZstdDecompressor
    ) throws(AssetError) -> [UInt8] {
        var memory = [UInt8](repeating: 0xC3, count: count + 128)
        defer {
            #expect(memory[..<64].allSatisfy { $0 == 0xC3 })
            #expect(memory[(count + 64)...].allSatisfy { $0 == 0xC3 })
        }
        try unsafe memory.withUnsafeMutableBufferPointer { (buffer) throws(AssetError) in
            let whole = UnsafeMutableRawBufferPointer(buffer)
            var part = unsafe UnsafeMutableRawBufferPointer(rebasing: whole[64..<count + 64])
                .mutableBytes
            try unsafe decompressor.decompress(frame.span.bytes, into: &part)
        }
        return Array(memory[64..<count + 64])
    }

    private func frame(_ bytes: [UInt8]) throws -> [UInt8] {
        var compressor = try ZstdCompressor()
        var frame: [UInt8] = []
        let options = ZstdOptions(literals: .huffman)
        try unsafe compressor.compress(bytes.span.bytes, level: 1, options: options, into: &frame)
        return frame
    }

    @Test func anotherLengthIsDamage() throws {
        var generator = SeededGenerator(seed: 1)
        let bytes = sampleBytes(3000, using: &generator)
        let frame = try frame(bytes)
        var decompressor = try ZstdDecompressor()
        for count in [0, 1, 2999, 3001, 9000] {
            #expect(throws: AssetError(.damaged, "")) {
                try unpack(frame, count: count, with: &decompressor)
            }
        }
        #expect(try unpack(frame, count: 3000, with: &decompressor) == bytes)
    }

    @Test func everyTruncationAndWhateverFollowsIsDamage() throws {
        var generator = SeededGenerator(seed: 2)
        let bytes = sampleBytes(1500, using: &generator)
        let frame = try frame(bytes)
        var decompressor = try ZstdDecompressor()
        for count in 0..<frame.count {
            #expect(throws: AssetError(.damaged, "")) {
                try unpack(Array(frame[..<count]), count: 1500, with: &decompressor)
            }
        }
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 7]
        for tail in [[0], frame, skippable] {
            #expect(throws: AssetError(.damaged, "")) {
                try unpack(frame + tail, count: 1500, with: &decompressor)
            }
        }
        #expect(throws: AssetError(.damaged, "")) {
            try unpack(skippable, count: 0, with: &decompressor)
        }
    }

    @Test func flippedBytesNeverCrashOrOverrun() throws {
        var generator = SeededGenerator(seed: 3)
        var decompressor = try ZstdDecompressor()
        var refused = 0
        for count in [40, 900, 20_000] {
            let bytes = sampleBytes(count, using: &generator)
            let frame = try frame(bytes)
            for _ in 0..<400 {
                var damaged = frame
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let index = Int.random(in: 0..<damaged.count, using: &generator)
                    damaged[index] = UInt8.random(in: 0...255, using: &generator)
                }
                do throws(AssetError) {
                    _ = try unpack(damaged, count: count, with: &decompressor)
                } catch {
                    #expect(error.code == .damaged)
                    refused += 1
                }
            }
            // The decompressor is as good as new.
            #expect(try unpack(frame, count: count, with: &decompressor) == bytes)
        }
        #expect(refused > 300)
    }

    /// A header without content size, a window of `exponent` and one empty last block.
    private func header(windowExponent exponent: UInt8) -> [UInt8] {
        [0x28, 0xB5, 0x2F, 0xFD, 0, exponent << 3, 1, 0, 0]
    }

    @Test func aHugeWindowTakesNoMemory() throws {
        var decompressor = try ZstdDecompressor()
        // 2^31 bytes, the most that libzstd knows: nothing is taken for it.
        #expect(try unpack(header(windowExponent: 21), count: 0, with: &decompressor) == [])
        #expect(throws: AssetError(.damaged, "")) {
            try unpack(header(windowExponent: 31), count: 0, with: &decompressor)
        }
        // A size of 2^62 that is announced is compared, not believed.
        let boast: [UInt8] =
            [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + [0, 0, 0, 0, 0, 0, 0, 0x40] + [1, 0, 0]
        #expect(throws: AssetError(.damaged, "")) {
            try unpack(boast, count: 100, with: &decompressor)
        }
        // A run of 128 KiB from 4 bytes of block, into room for 10.
        let bomb: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58, 0x03, 0, 0x10, 7]
        #expect(throws: AssetError(.damaged, "")) {
            try unpack(bomb, count: 10, with: &decompressor)
        }
    }

    @Test func aDictionaryThatIsNotThereIsDamage() throws {
        var decompressor = try ZstdDecompressor()
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x21, 77, 0, 1, 0, 0]
        #expect(throws: AssetError(.damaged, "")) {
            try unpack(frame, count: 0, with: &decompressor)
        }
    }
}
