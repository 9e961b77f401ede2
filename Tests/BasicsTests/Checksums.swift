import CXXHash
import TestSupport
import Testing

@testable import Basics

/// Whatever the processor, a checksum is what the plain functions of libxxhash say: stored bytes are
/// checked by it for ever (P3).
@Suite struct Checksums {
    private static let lengths = Array(0...600) + [1023, 1024, 1025, 4096, 100_000, 1_048_577]

    @Test func areThoseOfThePlainFunctions() {
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(1_048_577 + 63)
        for length in Self.lengths {
            // Aligned or not.
            let start = Int.random(in: 0..<64, using: &random)
            let part = Array(bytes[start..<start + length])
            let (sum, sum128) = unsafe part.withUnsafeBytes {
                unsafe (plain64($0), plain128($0))
            }
            #expect(unsafe checksum64(part.span.bytes) == sum, "\(length) bytes")
            let whole = unsafe ContentChecksum(of: part.span.bytes)
            #expect(whole.high == sum128.high64 && whole.low == sum128.low64)
            var hasher = ContentHasher()
            var rest = part[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Int.random(in: 1...700, using: &random)))
                unsafe hasher.update(piece.span.bytes)
                rest = rest.dropFirst(piece.count)
            }
            #expect(hasher.value() == whole, "\(length) bytes in pieces")
        }
    }

    /// Known from the reference implementation.
    @Test func ofNothingAreKnown() {
        #expect(unsafe checksum64([UInt8]().span.bytes) == 0x2D06_8005_38D3_94C2)
        #expect(
            unsafe ContentChecksum(of: [UInt8]().span.bytes).description
                == "99aa06d3014798d86001c324468d497f")
    }
}

/// By the functions of the library that don't look at the processor.
private func plain64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let state = unsafe XXH3_createState()
    defer { _ = unsafe XXH3_freeState(state) }
    _ = unsafe XXH3_64bits_reset(state)
    _ = unsafe XXH3_64bits_update(state, bytes.baseAddress, bytes.count)
    return unsafe XXH3_64bits_digest(state)
}

private func plain128(_ bytes: UnsafeRawBufferPointer) -> XXH128_hash_t {
    let state = unsafe XXH3_createState()
    defer { _ = unsafe XXH3_freeState(state) }
    _ = unsafe XXH3_128bits_reset(state)
    _ = unsafe XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
    return unsafe XXH3_128bits_digest(state)
}
