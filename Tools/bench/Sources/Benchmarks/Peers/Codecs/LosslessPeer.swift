// What the lossless codec is compared with: others that give every sample back.

internal import Basics
internal import FrameCodecs

/// Packs the frames of a material and unpacks them again, on one thread. Not thread-safe.
///
/// A peer has the frames in the layout that it likes best before it is asked for anything, so that
/// what is measured is its codec alone.
protocol LosslessPeer: AnyObject {
    /// Packs frame `index` and keeps the bytes.
    func encode(_ index: Int) throws

    /// How many bytes frame `index` was packed into.
    func packedByteCount(_ index: Int) -> Int

    /// Unpacks frame `index`, which was packed before.
    func decode(_ index: Int) throws

    /// Lends what was unpacked last as rows of RGBA without gaps.
    func withDecoded(_ body: (RawSpan) throws -> Void) throws
}

/// Makes a peer for frames of ``PixelFormat/rgba``, all of one size, whose rows have no gaps.
typealias MakeLosslessPeer = @Sendable (_ frames: [SharedFrame]) throws -> any LosslessPeer

/// Memory for one frame of RGBA without gaps, aligned as vectors like it.
@safe final class PixelBuffer {
    let byteCount: Int
    let start: UnsafeMutablePointer<UInt8>

    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
            .initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    deinit { unsafe start.deallocate() }

    /// Lends the memory to be read.
    func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        try body(unsafe UnsafeRawBufferPointer(start: start, count: byteCount).bytes)
    }
}

/// An error of a peer's library.
func peerError(_ peer: String, _ what: String) -> AssetError {
    AssetError(.library, "\(peer): \(what)")
}
