// XXH3, by libxxhash: what every stored byte is checked with.

internal import CXXHash

/// A 128-bit XXH3 checksum, the identity of content.
public struct ContentChecksum: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 lowercase hexadecimal digits, the canonical big-endian form of XXH128.
    public var description: String { hex(high) + hex(low) }

    /// The checksum of `bytes`. The corresponding C function is `XXH3_128bits`.
    public init(of bytes: RawSpan) {
        let hash = unsafe bytes.withUnsafeBytes {
            unsafe assetstore_XXH3_128bits($0.baseAddress, $0.count)
        }
        self.init(high: hash.high64, low: hash.low64)
    }
}

/// The 64-bit XXH3 checksum of `bytes`. The corresponding C function is `XXH3_64bits`.
package func checksum64(_ bytes: RawSpan) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe assetstore_XXH3_64bits($0.baseAddress, $0.count) }
}

/// A 128-bit XXH3 checksum over bytes that arrive in pieces. Not thread-safe.
@safe package struct ContentHasher: ~Copyable {
    private let state: OpaquePointer

    package init() {
        guard let state = unsafe XXH3_createState() else {
            fatalError("out of memory for a hash state")
        }
        unsafe self.state = state
        _ = unsafe XXH3_128bits_reset(state)
    }

    deinit { _ = unsafe XXH3_freeState(state) }

    package mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes {
            _ = unsafe assetstore_XXH3_128bits_update(state, $0.baseAddress, $0.count)
        }
    }

    /// The checksum of all bytes so far; more may follow.
    package func value() -> ContentChecksum {
        let hash = unsafe XXH3_128bits_digest(state)
        return ContentChecksum(high: hash.high64, low: hash.low64)
    }
}

/// 16 lowercase hexadecimal digits.
package func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
