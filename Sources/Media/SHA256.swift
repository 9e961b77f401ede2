// SHA-256, for those who compare what was published.

public import Basics
internal import CFFmpeg

/// A SHA-256 over bytes that arrive in pieces. Not thread-safe.
///
/// The corresponding C functions are `av_sha_init`, `av_sha_update` and `av_sha_final`.
@safe public struct SHA256: ~Copyable {
    private let state: OpaquePointer

    /// - Throws: ``AssetError/Code/library`` when there is no memory.
    public init() throws(AssetError) {
        guard let state = unsafe av_sha_alloc() else { throw Libav.outOfMemory("av_sha_alloc") }
        let status = unsafe av_sha_init(state, 256)
        guard status == 0 else {
            unsafe av_free(UnsafeMutableRawPointer(state))
            throw Libav.failure("av_sha_init", status)
        }
        unsafe self.state = state
    }

    deinit { unsafe av_free(UnsafeMutableRawPointer(state)) }

    public mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe av_sha_update(
                state, buffer.bindMemory(to: UInt8.self).baseAddress, buffer.count)
        }
    }

    /// The digest as 64 lowercase hexadecimal digits, what `sha256sum` prints.
    public consuming func finish() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe av_sha_final(state, &digest)
        return digest.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// The SHA-256 of a file's bytes as 64 lowercase hexadecimal digits. The file is read in pieces.
///
/// - Throws: ``AssetError/Code/inputMissing`` when nothing is at `path`, and what reading it
///   throws.
public func sha256(ofFileAt path: String) throws(AssetError) -> String {
    let file = try File(path)
    var hash = try SHA256()
    let pieceByteCount = 1 << 20
    var offset = 0
    while true {
        let piece = try file.read(at: offset, count: pieceByteCount)
        unsafe hash.update(piece.span.bytes)
        offset += piece.count
        if piece.count < pieceByteCount { break }
    }
    return hash.finish()
}
