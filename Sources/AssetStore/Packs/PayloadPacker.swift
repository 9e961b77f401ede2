// Packing and unpacking payloads on the threads of callers, with memory that is used again.

package import Basics
internal import Zstd

/// Packs and unpacks payloads. Thread-safe: each call takes a worker of its own from the pool.
package final class PayloadPacker: Sendable {
    private final class Packer {
        var compressor: ZstdCompressor
        init() throws(AssetError) { compressor = try ZstdCompressor() }
    }

    private final class Unpacker {
        var decompressor: ZstdDecompressor
        init() throws(AssetError) { decompressor = try ZstdDecompressor() }
    }

    private struct Pool {
        var packers: [Packer] = []
        var unpackers: [Unpacker] = []
    }

    private let pool = Monitor(Pool())

    package init() {}

    /// The most idle workers of a kind; a compressor takes about 1 MiB.
    private static let idleCountMax = 8
    /// A compromise of speed and size that suits what is read more often than written.
    private static let level = 3
    /// What a look at the bytes' beginning takes.
    private static let sampleByteCount = 32 << 10

    /// The payload as a zstd frame; `nil` when that saves less than an eighth.
    package func pack(_ bytes: RawSpan) throws(AssetError) -> [UInt8]? {
        let byteCountMax = bytes.byteCount - bytes.byteCount / 8
        guard byteCountMax > 64 else { return nil }
        let idle = pool.withLock { $0.packers.popLast() }
        let packer = if let idle { idle } else { try Packer() }
        defer {
            pool.withLock {
                if $0.packers.count < Self.idleCountMax { $0.packers.append(packer) }
            }
        }
        if bytes.byteCount > 2 * Self.sampleByteCount {
            let sample = bytes.extracting(first: Self.sampleByteCount)
            var output: [UInt8] = []
            try packer.compressor.compress(sample, level: 1, into: &output)
            guard output.count < Self.sampleByteCount - Self.sampleByteCount / 8 else {
                return nil
            }
        }
        var output: [UInt8] = []
        output.reserveCapacity(byteCountMax)
        try packer.compressor.compress(bytes, level: Self.level, into: &output)
        return output.count <= byteCountMax ? output : nil
    }

    /// The payload of a zstd frame.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the frame holds anything but `byteCount` bytes.
    func unpack(_ frame: RawSpan, byteCount: Int) throws(AssetError) -> [UInt8] {
        let idle = pool.withLock { $0.unpackers.popLast() }
        let unpacker = if let idle { idle } else { try Unpacker() }
        defer {
            pool.withLock {
                if $0.unpackers.count < Self.idleCountMax { $0.unpackers.append(unpacker) }
            }
        }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var span = bytes.mutableSpan
        var target = unsafe span.mutableBytes
        try unpacker.decompressor.decompress(frame, into: &target)
        return bytes
    }
}
