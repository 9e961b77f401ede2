// Where a muxer writes: into a file, or nowhere, to learn how long the file will be.

internal import Basics
internal import CFFmpeg

/// An `AVIOContext` that writes to a file or only counts. Not thread-safe.
///
/// Its address is libav's opaque pointer, so it lives at least as long as the context, which it
/// owns. A write that fails is kept in ``failure``; whoever called libav rethrows it.
@safe final class MuxerOutput {
    private(set) var context: UnsafeMutablePointer<AVIOContext>?
    private(set) var failure: AssetError?
    /// The furthest byte written, counted from the start.
    private(set) var byteCount = 0
    private var position = 0
    private let file: File?

    private static let bufferByteCount = 256 << 10

    /// - Parameter file: where to write; `nil` to only count. The corresponding C functions are
    ///   `av_malloc` and `avio_alloc_context`.
    init(_ file: File?) throws(AssetError) {
        self.file = file
        unsafe context = nil
        Libav.prepare()
        guard let buffer = unsafe av_malloc(Self.bufferByteCount) else {
            throw Libav.outOfMemory("av_malloc")
        }
        unsafe context = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self), CInt(Self.bufferByteCount), 1,
            Unmanaged.passUnretained(self).toOpaque(), nil,
            { opaque, buffer, count in
                guard let opaque = unsafe opaque, let buffer = unsafe buffer else { return -1 }
                return unsafe Unmanaged<MuxerOutput>.fromOpaque(opaque).takeUnretainedValue()
                    .write(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
            },
            { opaque, offset, whence in
                guard let opaque = unsafe opaque else { return -1 }
                return unsafe Unmanaged<MuxerOutput>.fromOpaque(opaque).takeUnretainedValue()
                    .seek(offset, whence)
            })
        guard unsafe context != nil else {
            unsafe av_free(buffer)
            throw Libav.outOfMemory("avio_alloc_context")
        }
    }

    deinit {
        if let context = unsafe context { unsafe av_freep(&context.pointee.buffer) }
        unsafe avio_context_free(&context)
    }

    /// Rethrows what a write threw inside libav, as it was.
    func rethrow() throws(AssetError) {
        if let failure { throw failure }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> CInt {
        guard failure == nil else { return assetstore_averror_io }
        do throws(AssetError) {
            if let file { try unsafe file.write(bytes.bytes, at: position) }
            position += bytes.count
            byteCount = max(byteCount, position)
            return CInt(bytes.count)
        } catch {
            failure = error
            return assetstore_averror_io
        }
    }

    private func seek(_ offset: Int64, _ whence: CInt) -> Int64 {
        if whence & AVSEEK_SIZE != 0 { return Int64(byteCount) }
        let base: Int
        switch whence & ~AVSEEK_FORCE {
        case 0: base = 0
        case 1: base = position
        case 2: base = byteCount
        default: return -1
        }
        let (target, overflow) = base.addingReportingOverflow(Int(offset))
        guard !overflow, target >= 0 else { return -1 }
        position = target
        return Int64(target)
    }
}
