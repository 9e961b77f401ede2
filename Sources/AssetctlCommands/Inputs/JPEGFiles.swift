// JPEG files that become frames as they are, without being packed again.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import FrameSequences

/// Stores JPEG files as frames, after unpacking each once to see that it is whole. Not thread-safe:
/// one per worker, who keeps it.
final class JPEGFiles {
    private var unpacker: FrameUnpacker
    private var frame: Frame?

    init() throws(AssetError) { unpacker = try FrameUnpacker() }

    /// Stores a file as frame `index` when it is a JPEG that unpacks to what it shows; `false` when
    /// it is something else, is damaged, or says that it lies on its side.
    func append(
        _ file: FileBytes, _ index: Int, to writer: FrameSequenceWriter
    ) throws -> Bool {
        guard file.byteCount <= Limits.contiguousByteCountMax else { return false }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(file.byteCount)
        try file.forEachChunk { chunk in
            unsafe chunk.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        guard Self.isUpright(bytes), let shape = unsafe unpacked(bytes.span.bytes) else {
            return false
        }
        let facts = FrameFacts(
            codec: FrameCodec.jpeg.rawValue, width: shape.width, height: shape.height)
        unsafe try writer.append(index, facts, bytes.span.bytes)
        return true
    }

    /// What a whole JPEG shows; `nil` when it is none.
    private func unpacked(_ bytes: RawSpan) -> FrameShape? {
        // Whatever is wrong, the file is no JPEG to be kept, and is decoded like any picture.
        guard let shape = try? unpacker.shape(of: bytes, codec: .jpeg) else { return nil }
        var kept = frame.take()
        if kept?.shape != shape {
            kept = try? Frame(width: shape.width, height: shape.height, format: shape.format)
        }
        guard var target = kept.take() else { return nil }
        let isWhole = (try? unpacker.unpack(bytes, codec: .jpeg, into: &target)) != nil
        frame = consume target
        return isWhole ? shape : nil
    }

    /// Whether the bytes begin like a JPEG, and no EXIF data, which may turn it, stands before its
    /// samples.
    private static func isUpright(_ bytes: [UInt8]) -> Bool {
        guard bytes.starts(with: [0xFF, 0xD8]) else { return false }
        var position = 2
        while position + 4 <= bytes.count, bytes[position] == 0xFF {
            let marker = bytes[position + 1]
            // The scan begins.
            if marker == 0xDA { return true }
            if marker == 0xE1, bytes[(position + 4)...].starts(with: Array("Exif".utf8)) {
                return false
            }
            position += 2 + Int(bytes[position + 2]) << 8 + Int(bytes[position + 3])
        }
        return false
    }
}
