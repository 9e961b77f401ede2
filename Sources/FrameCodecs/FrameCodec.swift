// The codecs that stored frames are packed with, by number.

/// How the bytes of a stored frame are to be unpacked.
///
/// Raw values are stored; they are never renumbered or reused.
public enum FrameCodec: UInt8, Sendable, CaseIterable {
    /// A baseline JPEG (JFIF) file, written by ``JPEGEncoder``.
    case jpeg = 1
    /// A frame packed without loss, written by ``LosslessEncoder``.
    case lossless = 2
}
