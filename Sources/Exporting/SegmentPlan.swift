// How a video is cut into segments. Always the same way, also when nothing goes wrong: what an
// encoder makes of a frame depends on where its segment begins.

/// The segments of a video: runs of consecutive frames, all of one length but the last.
struct SegmentPlan: Equatable, Sendable {
    let frameCount: Int
    let segmentFrameCount: Int

    var segmentCount: Int { (frameCount + segmentFrameCount - 1) / segmentFrameCount }

    /// The frames of a segment.
    func frames(of segment: Int) -> Range<Int> {
        let start = segment * segmentFrameCount
        return start..<min(frameCount, start + segmentFrameCount)
    }

    /// The segment that a frame belongs to.
    func segment(of frame: Int) -> Int { frame / segmentFrameCount }
}

/// The tracks that a render's segments belong to in the store. Stored; never renumbered.
enum SegmentTrack {
    /// Encoded video, one ``EncodedSegment`` per segment of the plan.
    static let video: UInt8 = 0
    /// Encoded audio in pieces, each an ``EncodedSegment``.
    static let audio: UInt8 = 1
    /// One ``AudioTrackHeader``, written when the audio is complete.
    static let audioHeader: UInt8 = 2
}
