// How payloads are made smaller before they go into packs, where that pays.

internal import Basics
internal import Glibc

/// How a payload's stored bytes come from its bytes. Raw values are stored.
package enum PayloadPacking: UInt8, Sendable {
    /// They are the same.
    case none = 0
    /// One Zstandard frame (RFC 8878) that says the size of its content.
    case zstd = 1

    /// Whether packing may make an asset of this media type smaller: not what is compressed by its
    /// own format.
    static func pays(for mediaType: String) -> Bool {
        let type = mediaType.split(separator: ";").first.map { $0.lowercased() } ?? ""
        if type.hasPrefix("video/") { return false }
        if type.hasPrefix("audio/") { return uncompressedAudio.contains(type) }
        return !compressedTypes.contains(type)
    }

    private static let uncompressedAudio: Set<String> = [
        "audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/aiff", "audio/x-aiff", "audio/basic",
        "audio/l16", "audio/l24",
    ]
    private static let compressedTypes: Set<String> = [
        "image/jpeg", "image/png", "image/webp", "image/avif", "image/heic", "image/heif",
        "image/jxl", "image/gif", "application/zip", "application/gzip", "application/zstd",
        "application/ogg",
    ]
}

extension RawSpan {
    /// Whether both hold the same bytes.
    package func isEqual(to other: borrowing RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        return unsafe withUnsafeBytes { left in
            unsafe other.withUnsafeBytes { right in
                unsafe left.isEmpty
                    || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
    }
}
