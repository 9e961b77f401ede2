// Unpacks zstd frames of known size, by libzstd. The bytes may be damaged or hostile.

package import Basics
internal import CZstd

/// Unpacks zstd frames. Not thread-safe: one per worker, who keeps it, because its memory is reused.
///
/// Frames are unpacked in one step into the caller's memory, which serves as the window. So whatever
/// a frame says of its size and window, no memory is taken for it, and nothing is written beyond
/// what was lent.
@safe package struct ZstdDecompressor: ~Copyable, @unchecked Sendable {
    // @unchecked: the context has one owner, and is only used by `mutating` functions.

    private let context: OpaquePointer

    /// Makes a decompressor. The corresponding C function is `ZSTD_createDCtx`.
    ///
    /// - Throws: ``AssetError/Code/library`` when there is no memory for one.
    package init() throws(AssetError) {
        guard let context = unsafe ZSTD_createDCtx() else {
            throw AssetError(
                .library, "zstd could not make a decompressor; free some memory and try again")
        }
        unsafe self.context = context
    }

    deinit {
        // Freeing a context that is not in a workspace of the caller's can't fail.
        _ = unsafe ZSTD_freeDCtx(context)
    }

    /// Unpacks `bytes`, which must be one whole frame without a dictionary, into `output`, which it
    /// must fill exactly. The corresponding C function is `ZSTD_decompressDCtx`.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the bytes are anything else: truncated, followed
    ///   by more, of another length, several frames, a frame that is skipped, one of a version
    ///   before 0.8. After an error `output` is unspecified.
    package mutating func decompress(
        _ bytes: RawSpan, into output: inout MutableRawSpan
    ) throws(AssetError) {
        let expected = output.byteCount
        let problem: String? = unsafe bytes.withUnsafeBytes { source in
            unsafe output.withUnsafeMutableBytes { target in
                unsafe unpack(source, into: target)
            }
        }
        if let problem {
            throw AssetError(
                .damaged,
                "zstd can't unpack \(bytes.byteCount) bytes to \(expected): \(problem); use an "
                    + "intact copy")
        }
    }

    /// What is wrong, or `nil`.
    private func unpack(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> String? {
        // A skippable frame or one of an old version would be something else than was packed.
        guard source.count >= 4,
            unsafe UInt32(littleEndian: source.loadUnaligned(as: UInt32.self)) == 0xFD2F_B528
        else { return "they are no zstd frame" }
        let announced = unsafe ZSTD_getFrameContentSize(source.baseAddress, source.count)
        if announced == assetstore_zstd_size_error { return "the frame's header is damaged" }
        if announced != assetstore_zstd_size_unknown && announced != UInt64(target.count) {
            return "the frame says that it holds \(announced)"
        }
        let length = unsafe ZSTD_findFrameCompressedSize(source.baseAddress, source.count)
        if ZSTD_isError(length) != 0 { return zstdMessage(length) }
        if length != source.count { return "the frame ends after \(length) bytes" }
        let result = unsafe ZSTD_decompressDCtx(
            context, target.baseAddress, target.count, source.baseAddress, source.count)
        if ZSTD_isError(result) != 0 { return zstdMessage(result) }
        if result != target.count { return "the frame holds \(result)" }
        return nil
    }
}
