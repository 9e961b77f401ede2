// SHA-256 of files, for those who compare what was published.

public import Basics
internal import CFFmpeg

/// The SHA-256 of a file's bytes as 64 lowercase hexadecimal digits, what `sha256sum` prints.
///
/// The file is read in pieces. The corresponding C functions are `av_sha_init`, `av_sha_update` and
/// `av_sha_final`.
///
/// - Throws: ``AssetError/Code/inputMissing`` when nothing is at `path`, and what reading it
///   throws.
public func sha256(ofFileAt path: String) throws(AssetError) -> String {
    let file = try File(path)
    guard let state = unsafe av_sha_alloc() else { throw Libav.outOfMemory("av_sha_alloc") }
    defer { unsafe av_free(UnsafeMutableRawPointer(state)) }
    try Libav.check("av_sha_init", unsafe av_sha_init(state, 256))
    let pieceByteCount = 1 << 20
    var offset = 0
    while true {
        let piece = try file.read(at: offset, count: pieceByteCount)
        unsafe av_sha_update(state, piece, piece.count)
        offset += piece.count
        if piece.count < pieceByteCount { break }
    }
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe av_sha_final(state, &digest)
    return digest.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
}
