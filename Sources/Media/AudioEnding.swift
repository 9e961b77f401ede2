// Notices audio files that were cut off, which decode without complaint to the cut.

internal import Basics
internal import CFFmpeg

/// What a file says about where its audio ends, compared with where it did. Not thread-safe.
final class AudioEnding {
    private let demuxer: Demuxer
    private let stream: Int
    /// The length that the audio stream's header declares, in seconds.
    private let streamSeconds: Double?
    /// The length that the container's header declares for its longest stream.
    private let fileSeconds: Double?
    /// What is not worth a complaint: encoder delay and padding, and rounding.
    private let toleranceSeconds: Double
    private let isOgg: Bool
    /// Whether damaged stretches are skipped silently, so that only times tell of them.
    private let skipsDamage: Bool
    private let sampleRate: Double
    private var furthestSeconds = 0.0
    private var firstTimestamp: Int64?

    /// Whether the packets of all streams are to be shown to ``watch(_:)``.
    var followsAllStreams: Bool { streamSeconds == nil && fileSeconds != nil }

    init(_ demuxer: Demuxer, stream index: Int, codec: UnsafeMutablePointer<AVCodecContext>) {
        self.demuxer = demuxer
        stream = index
        isOgg = demuxer.format.name == "ogg"
        skipsDamage = ["ogg", "matroska", "asf"].contains(demuxer.format.name)
        sampleRate = unsafe max(1, Double(codec.pointee.sample_rate))
        let frameSize = unsafe Double(max(0, codec.pointee.frame_size))
        let delay = unsafe Double(max(0, codec.pointee.initial_padding))
        toleranceSeconds = 0.1 + (3 * frameSize + delay) / sampleRate
        // Ogg's length is where its last page is, and an estimate from the bit rate is no promise.
        let method = unsafe demuxer.context.pointee.duration_estimation_method
        guard !isOgg, method == AVFMT_DURATION_FROM_STREAM,
            let stream = unsafe demuxer.stream(index)
        else {
            (streamSeconds, fileSeconds) = (nil, nil)
            return
        }
        let base = unsafe stream.pointee.time_base
        let duration = unsafe stream.pointee.duration
        if duration != Libav.noTime, duration > 0, demuxer.format.name != "matroska" {
            streamSeconds = Double(duration) * Double(base.num) / Double(max(1, base.den))
            fileSeconds = nil
        } else {
            streamSeconds = nil
            fileSeconds = demuxer.durationSeconds
        }
    }

    /// Remembers how far the file's packets reach.
    func watch(_ packet: UnsafeMutablePointer<AVPacket>) {
        guard let stream = unsafe demuxer.stream(Int(packet.pointee.stream_index)),
            unsafe packet.pointee.pts != Libav.noTime
        else { return }
        let base = unsafe stream.pointee.time_base
        let (end, overflow) = unsafe packet.pointee.pts.addingReportingOverflow(
            packet.pointee.duration)
        guard !overflow else { return }
        let seconds = Double(end) * Double(base.num) / Double(max(1, base.den))
        furthestSeconds = max(furthestSeconds, seconds)
    }

    /// Notices a stretch that was skipped because it is damaged: the next timestamp is then later
    /// than what was decoded.
    func check(
        _ frame: UnsafeMutablePointer<AVFrame>, at position: Int, _ subject: String
    ) throws(AssetError) {
        let timestamp = unsafe frame.pointee.best_effort_timestamp
        guard skipsDamage, timestamp != Libav.noTime, let stream = unsafe demuxer.stream(stream)
        else {
            return
        }
        let base = unsafe stream.pointee.time_base
        guard let first = firstTimestamp else {
            firstTimestamp = timestamp
            return
        }
        let (elapsed, overflow) = timestamp.subtractingReportingOverflow(first)
        guard !overflow else { return }
        let expected = Double(position) / sampleRate
        let seconds = Double(elapsed) * Double(base.num) / Double(max(1, base.den))
        guard seconds <= expected + toleranceSeconds else {
            throw AssetError(
                .inputUnreadable,
                "\(subject): its audio is damaged at \(secondsText(expected)) s, where "
                    + "\(secondsText(seconds - expected)) s are missing; use a whole copy")
        }
    }

    /// Throws when the audio, decoded to its end at `seconds`, should have gone on.
    func check(endingAt seconds: Double, _ subject: String) throws(AssetError) {
        var reason: String?
        if let streamSeconds, seconds + toleranceSeconds < streamSeconds {
            reason = "though it declares \(secondsText(streamSeconds)) s"
        }
        if let fileSeconds, max(seconds, furthestSeconds) + toleranceSeconds < fileSeconds {
            reason = "though it declares \(secondsText(fileSeconds)) s"
        }
        if demuxer.format.name == "wav",
            let declared = try RIFFEnd.missing(of: demuxer.source.bytes)
        {
            reason = "though it declares \(secondsText(declared)) s"
        }
        if isOgg, try !OggEnd.isWhole(demuxer.source.bytes) {
            reason = "without the end that a whole Ogg file has"
        }
        guard let reason else { return }
        throw AssetError(
            .inputUnreadable,
            "\(subject) is truncated: it ends after \(secondsText(seconds)) s, \(reason); use a "
                + "whole copy, or render what is there with --to \(secondsText(seconds))")
    }
}
