// Lets libavformat read any `RandomAccessBytes`.

internal import Basics
internal import CFFmpeg

/// An `AVIOContext` that reads `RandomAccessBytes`. Not thread-safe.
///
/// Its address is libav's opaque pointer, so it lives at least as long as the context, which it
/// owns. A read that fails is kept in ``failure`` and looks like an I/O error to libav; whoever
/// called libav rethrows it.
@safe final class ByteSource {
    let bytes: any RandomAccessBytes
    private(set) var context: UnsafeMutablePointer<AVIOContext>?
    private(set) var failure: AssetError?
    private var position = 0

    private static let bufferByteCount = 64 << 10

    /// The corresponding C functions are `av_malloc` and `avio_alloc_context`.
    init(_ bytes: any RandomAccessBytes) throws(AssetError) {
        self.bytes = bytes
        unsafe context = nil
        Libav.prepare()
        guard let buffer = unsafe av_malloc(Self.bufferByteCount) else {
            throw Libav.outOfMemory("av_malloc")
        }
        unsafe context = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self), CInt(Self.bufferByteCount), 0,
            Unmanaged.passUnretained(self).toOpaque(),
            { opaque, buffer, count in
                guard let opaque = unsafe opaque, let buffer = unsafe buffer else { return -1 }
                return unsafe Unmanaged<ByteSource>.fromOpaque(opaque).takeUnretainedValue()
                    .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(count)))
            }, nil,
            { opaque, offset, whence in
                guard let opaque = unsafe opaque else { return -1 }
                return unsafe Unmanaged<ByteSource>.fromOpaque(opaque).takeUnretainedValue()
                    .seek(offset, whence)
            })
        guard unsafe context != nil else {
            unsafe av_free(buffer)
            throw Libav.outOfMemory("avio_alloc_context")
        }
    }

    deinit {
        // libav may have replaced the buffer, so it is freed through the context.
        if let context = unsafe context { unsafe av_freep(&context.pointee.buffer) }
        unsafe avio_context_free(&context)
    }

    /// Rethrows what a read threw inside libav, as it was.
    func rethrow() throws(AssetError) {
        if let failure { throw failure }
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) -> CInt {
        guard failure == nil else { return assetstore_averror_io }
        var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
        do throws(AssetError) {
            let count = try bytes.read(at: position, into: &span)
            position += count
            return count == 0 ? Libav.end : CInt(count)
        } catch {
            failure = error
            return assetstore_averror_io
        }
    }

    private func seek(_ offset: Int64, _ whence: CInt) -> Int64 {
        if whence & AVSEEK_SIZE != 0 { return Int64(bytes.byteCount) }
        let base: Int
        switch whence & ~AVSEEK_FORCE {
        case 0: base = 0
        case 1: base = position
        case 2: base = bytes.byteCount
        default: return -1
        }
        let (target, overflow) = base.addingReportingOverflow(Int(offset))
        guard !overflow, target >= 0 else { return -1 }
        position = target
        return Int64(target)
    }
}

extension RandomAccessBytes {
    /// Reads `count` bytes at `offset`; fewer where the bytes end.
    func read(at offset: Int, count: Int) throws(AssetError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        // Bytes of any value are bytes.
        var raw = unsafe span.mutableBytes
        let read = try self.read(at: offset, into: &raw)
        bytes.removeLast(count - min(read, count))
        return bytes
    }
}
