// Packs bytes as zstd frames, by libzstd.

package import Basics
internal import CZstd

/// Packs bytes as zstd frames (RFC 8878). Not thread-safe: one per worker, who keeps it, because its
/// memory is reused.
///
/// Each call makes one frame that says how many bytes it holds and has no checksum: whoever stores
/// frames has one. The frame depends on nothing that was packed before.
@safe package struct ZstdCompressor: ~Copyable, @unchecked Sendable {
    // @unchecked: the context has one owner, and is only used by `mutating` functions.

    /// The levels: negative ones are faster than 1, those above 19 take much memory.
    package static var levels: ClosedRange<Int> { Int(ZSTD_minCLevel())...Int(ZSTD_maxCLevel()) }

    private let context: OpaquePointer
    /// Where frames are made whose size is not known before.
    private var scratch: [UInt8] = []

    /// Makes a compressor. The corresponding C function is `ZSTD_createCCtx`.
    ///
    /// - Throws: ``AssetError/Code/library`` when there is no memory for one.
    package init() throws(AssetError) {
        guard let context = unsafe ZSTD_createCCtx() else {
            throw AssetError(
                .library, "zstd could not make a compressor; free some memory and try again")
        }
        unsafe self.context = context
    }

    deinit {
        // Freeing a context that is not in a workspace of the caller's can't fail.
        _ = unsafe ZSTD_freeCCtx(context)
    }

    /// Packs `bytes` and appends the frame to `output`. The corresponding C function is
    /// `ZSTD_compress2`.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the level or an option is out of range,
    ///   ``AssetError/Code/library`` when memory runs out. After an error `output` is unchanged.
    package mutating func compress(
        _ bytes: RawSpan, level: Int, options: ZstdOptions = ZstdOptions(),
        into output: inout [UInt8]
    ) throws(AssetError) {
        try set(level: level, options: options)
        let bound = ZSTD_compressBound(bytes.byteCount)
        if scratch.count < bound { scratch = [UInt8](repeating: 0, count: bound) }
        let context = unsafe context
        let result = unsafe scratch.withUnsafeMutableBytes { target in
            unsafe Self.pack(bytes, into: target, with: context)
        }
        guard ZSTD_isError(result) == 0 else { throw failure(result, byteCount: bytes.byteCount) }
        output.append(contentsOf: scratch[..<result])
    }

    /// Packs `bytes` into `output`, if the frame fits. The corresponding C function is
    /// `ZSTD_compress2`.
    ///
    /// - Returns: the length of the frame, or `nil` when it does not fit; `output` is unspecified
    ///   then. Whoever gives room for fewer bytes than there are learns at once that nothing is
    ///   gained.
    /// - Throws: as the form that appends.
    package mutating func compress(
        _ bytes: RawSpan, level: Int, options: ZstdOptions = ZstdOptions(),
        into output: inout MutableRawSpan
    ) throws(AssetError) -> Int? {
        try set(level: level, options: options)
        let result = unsafe output.withUnsafeMutableBytes { target in
            unsafe Self.pack(bytes, into: target, with: context)
        }
        if ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall { return nil }
        guard ZSTD_isError(result) == 0 else { throw failure(result, byteCount: bytes.byteCount) }
        return result
    }

    private static func pack(
        _ bytes: RawSpan, into target: UnsafeMutableRawBufferPointer, with context: OpaquePointer
    ) -> Int {
        unsafe bytes.withUnsafeBytes { source in
            unsafe ZSTD_compress2(
                context, target.baseAddress, target.count, source.baseAddress, source.count)
        }
    }

    /// The corresponding C functions are `ZSTD_CCtx_reset` and `ZSTD_CCtx_setParameter`.
    private func set(level: Int, options: ZstdOptions) throws(AssetError) {
        guard Self.levels.contains(level) else {
            throw AssetError(
                .invalidArgument,
                "zstd has no level \(level); choose one of \(Self.levels.lowerBound)…"
                    + "\(Self.levels.upperBound)")
        }
        let status = unsafe ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
        guard ZSTD_isError(status) == 0 else { throw failure(status, byteCount: 0) }
        let literals: ZSTD_paramSwitch_e =
            switch options.literals {
            case .automatic: ZSTD_ps_auto
            case .huffman: ZSTD_ps_enable
            case .uncompressed: ZSTD_ps_disable
            }
        let parameters: [(ZSTD_cParameter, Int?)] = [
            (ZSTD_c_compressionLevel, level),
            (ZSTD_c_checksumFlag, 0),
            (ZSTD_c_contentSizeFlag, 1),
            (assetstore_zstd_literal_mode, Int(literals.rawValue)),
            (ZSTD_c_strategy, options.strategy.map { Int($0.rawValue) }),
            (ZSTD_c_minMatch, options.minMatch),
            (ZSTD_c_windowLog, options.windowLog),
            (ZSTD_c_hashLog, options.hashLog),
            (ZSTD_c_targetLength, options.targetLength),
        ]
        for case (let parameter, let value?) in parameters {
            let number = CInt(clamping: value)
            let status = unsafe ZSTD_CCtx_setParameter(context, parameter, number)
            guard ZSTD_isError(status) == 0 else {
                throw AssetError(
                    .invalidArgument,
                    "zstd does not take \(value) for parameter \(parameter.rawValue): "
                        + "\(zstdMessage(status)); choose a value within its bounds")
            }
        }
    }

    private func failure(_ status: Int, byteCount: Int) -> AssetError {
        AssetError(
            .library,
            "zstd could not pack \(byteCount) bytes: \(zstdMessage(status)); free some memory and "
                + "try again")
    }
}

/// What zstd says about a failure. The corresponding C function is `ZSTD_getErrorName`.
func zstdMessage(_ status: Int) -> String {
    guard let text = unsafe ZSTD_getErrorName(status) else { return "no reason given" }
    return unsafe String(cString: text)
}
