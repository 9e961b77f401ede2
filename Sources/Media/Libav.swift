// What every use of libav* shares: silence, limits, and errors made from statuses.

internal import Basics
internal import CFFmpeg

/// libav's process-wide settings and statuses.
enum Libav {
    /// Silences libav's log, which would go to stderr, and caps its single allocations. Cheap; to
    /// be called before anything else of libav. What goes wrong is reported by statuses. The
    /// corresponding C functions are `av_log_set_level` and `av_max_alloc`.
    static func prepare() { _ = prepared }

    private static let prepared: Void = {
        av_log_set_level(AV_LOG_QUIET)
        av_max_alloc(allocationByteCountMax)
    }()

    /// The largest single allocation that libav may make.
    static let allocationByteCountMax = 1 << 30
    /// The most pixels of a picture that is decoded.
    static let pixelCountMax = 100_000_000

    static let again = assetstore_averror_again
    static let end = assetstore_averror_eof
    static let noMemory = assetstore_averror_no_memory
    static let noTime = assetstore_nopts_value

    /// What a negative status means, in libav's words. The corresponding C function is
    /// `av_strerror`.
    static func text(_ status: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let found = unsafe av_strerror(status, &buffer, buffer.count)
        guard found == 0 else { return "status \(status)" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The error for a call that failed on something other than the input.
    static func failure(
        _ call: StaticString, _ status: CInt, fileID: StaticString = #fileID, line: UInt = #line
    ) -> AssetError {
        AssetError(
            .library, "\(call) failed: \(text(status)); free some memory and try again",
            fileID: fileID, line: line)
    }

    /// The error for a call that returned no object.
    static func outOfMemory(
        _ call: StaticString, fileID: StaticString = #fileID, line: UInt = #line
    ) -> AssetError {
        AssetError(
            .library, "\(call) got no memory; free some and try again", fileID: fileID, line: line)
    }

    /// Throws ``failure(_:_:fileID:line:)`` for a negative status.
    @discardableResult
    static func check(
        _ call: StaticString, _ status: CInt, fileID: StaticString = #fileID, line: UInt = #line
    ) throws(AssetError) -> CInt {
        guard status >= 0 else { throw failure(call, status, fileID: fileID, line: line) }
        return status
    }
}

/// A number of seconds as people read it.
func secondsText(_ seconds: Double) -> String {
    let hundredths = Int((min(max(seconds, 0), 1e9) * 100).rounded(.down))
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
}
