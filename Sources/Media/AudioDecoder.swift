// Reads an exact range of a file's audio, in pieces.

public import Basics
internal import CFFmpeg

/// The audio of a media file as interleaved 32-bit float samples, exact to the sample. Not
/// thread-safe.
///
/// The file is always decoded from its start and what lies before the range is dropped, so a range
/// holds the same samples whatever the codec. The encoder's delay is skipped where the file
/// declares it. Memory: one decoded packet at a time.
///
/// ```swift
/// let decoder = try AudioDecoder(try FileBytes(path: "song.ogg"), from: 10, to: 20)
/// while try decoder.next({ samples in analyse(samples) }) != nil {}
/// ```
public final class AudioDecoder {
    /// Sample frames per second.
    public let sampleRate: Int
    /// The channels of the source.
    public let sourceChannelCount: Int
    /// The channels of what ``next(_:)`` lends: 1 when mixed to mono, else the source's.
    public let channelCount: Int

    private let decoder: PacketDecoder
    private let output: AudioShape
    private let mix: MonoMix?
    private let start: Int
    private let end: Int?
    private let ending: AudioEnding
    private var resampler: Resampler?
    private var samples: [Float] = []
    /// Sample frames decoded so far, from the start of the file.
    private var position = 0
    private var damage: AssetError?
    private var isFinished = false

    var subject: String { decoder.demuxer.subject }

    /// Opens the audio of `bytes`.
    ///
    /// - Parameters:
    ///   - from: where the range begins, in seconds.
    ///   - to: where it ends; `nil` for the end of the file. The range holds the sample frames
    ///     `round(from × rate) ..< round(to × rate)`.
    ///   - mono: whether to mix down by the rules of Web Audio's "speakers" interpretation.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the range is none,
    ///   ``AssetError/Code/inputUnreadable`` when the bytes are no media, have no audio or can't be
    ///   decoded, and what reading them throws.
    public init(
        _ bytes: any RandomAccessBytes, from: Double = 0, to: Double? = nil, mono: Bool = false
    ) throws(AssetError) {
        guard from.isFinite, from >= 0, (to ?? from + 1).isFinite, to ?? from + 1 > from,
            max(from, to ?? 0) <= Self.secondsMax
        else {
            throw AssetError(
                .invalidArgument,
                "the range from \(from) to \(to.map { "\($0)" } ?? "the end") is no range of "
                    + "seconds; choose one that begins at 0 or later and ends after it begins")
        }
        guard let demuxer = try Demuxer.open(bytes) else {
            throw AssetError(
                .inputUnreadable,
                "\(bytes.subject) is no audio or video of a known format; use a file with audio")
        }
        guard let stream = demuxer.firstStream(AVMEDIA_TYPE_AUDIO) else {
            throw Self.noAudio(demuxer.subject)
        }
        decoder = try PacketDecoder(demuxer, stream: stream)
        let shape = unsafe AudioShape(floatsOf: decoder.codec)
        guard Self.sampleRates.contains(shape.sampleRate),
            (1...Self.channelCountMax).contains(shape.channelCount)
        else {
            throw AssetError(
                .inputUnreadable,
                "\(demuxer.subject) has \(shape.channelCount) audio channels at "
                    + "\(shape.sampleRate) Hz, which can't be read; convert it")
        }
        output = shape
        sampleRate = Int(shape.sampleRate)
        sourceChannelCount = shape.channelCount
        channelCount = mono ? 1 : shape.channelCount
        mix =
            mono
            ? MonoMix(channelCount: shape.channelCount, is5Point1: output.is5Point1) : nil
        start = Int((from * Double(sampleRate)).rounded())
        let rate = Double(sampleRate)
        end = to.map { Int(($0 * rate).rounded()) }
        ending = unsafe AudioEnding(demuxer, stream: stream, codec: decoder.codec)
        if ending.followsAllStreams {
            unsafe decoder.watchPacket = { [ending] in unsafe ending.watch($0) }
        }
    }

    /// The latest second that a range may name.
    private static let secondsMax = 1e7
    private static let channelCountMax = 64
    private static let sampleRates: ClosedRange<CInt> = 100...768_000
    /// The most samples that one packet may turn into: 64 MiB.
    private static let chunkSampleCountMax = 16 << 20

    /// Lends the next samples of the range to `body`, interleaved, and returns its result; `nil`
    /// when the range is over.
    ///
    /// A span holds one or more whole sample frames of ``channelCount`` samples. All spans
    /// together are exactly the range. The corresponding C functions are `av_read_frame`,
    /// `avcodec_send_packet`, `avcodec_receive_frame` and `swr_convert`.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the audio is damaged, and, once the end
    ///   of the file is reached by a range without an end, when it has no audio or is truncated;
    ///   ``AssetError/Code/invalidArgument`` when the range goes beyond the file's audio. Also
    ///   what reading the bytes and `body` throw.
    public func next<Result>(_ body: (Span<Float>) throws -> Result) throws -> Result? {
        while !isFinished {
            if let end, position >= end { break }
            let before = position
            guard try decodeChunk() else {
                isFinished = true
                try checkEnd()
                return nil
            }
            let first = max(start, before) - before
            let last = min(end ?? position, position) - before
            guard first < last else { continue }
            return try lend(first..<last, body)
        }
        isFinished = true
        return nil
    }

    private func lend<Result>(
        _ range: Range<Int>, _ body: (Span<Float>) throws -> Result
    ) rethrows -> Result {
        let first = range.lowerBound * sourceChannelCount
        let last = range.upperBound * sourceChannelCount
        if let mix {
            var all = samples.mutableSpan
            mix.mix(&all, from: first, count: range.count, channelCount: sourceChannelCount)
        }
        // A reference of its own, so that `body` may do with the decoder what it likes.
        let lent = samples
        return try body(
            lent.span.extracting(first..<(mix == nil ? last : first + range.count)))
    }

    /// Decodes one frame into `samples`; `false` at the end of the file.
    private func decodeChunk() throws(AssetError) -> Bool {
        while true {
            let isThere = try decoder.next { () throws(AssetError) in
                if damage == nil { damage = damaged() }
            }
            guard isThere else { return try drain() }
            // Damage that good audio follows is in the middle. What comes before any audio, or
            // after all of it, may be a tag.
            if let damage, position > 0 || !decoder.demuxer.format.isRawStream { throw damage }
            damage = nil
            try unsafe ending.check(decoder.frame, at: position, subject)
            let count = try unsafe convert(decoder.frame)
            if count > 0 {
                position += count
                return true
            }
        }
    }

    /// What a rate converter still holds at the end of the file.
    private func drain() throws(AssetError) -> Bool {
        guard let resampler else { return false }
        let count = try unsafe fill(resampler, nil, count: 0)
        self.resampler = nil
        position += count
        return count > 0
    }

    private func convert(_ frame: UnsafeMutablePointer<AVFrame>) throws(AssetError) -> Int {
        let shape = unsafe AudioShape(frame)
        guard Self.sampleRates.contains(shape.sampleRate),
            (1...Self.channelCountMax).contains(shape.channelCount)
        else {
            throw damaged()
        }
        let current: Resampler
        if let resampler, resampler.input.matches(shape) {
            current = resampler
        } else {
            // The old converter's last samples are few and belong before a change of format.
            current = try Resampler(from: shape, to: output)
            resampler = current
        }
        let count = unsafe Int(frame.pointee.nb_samples)
        return try unsafe frame.pointee.extended_data.withMemoryRebound(
            to: UnsafePointer<UInt8>?.self, capacity: shape.channelCount
        ) { planes throws(AssetError) in try unsafe fill(current, planes, count: count) }
    }

    private func fill(
        _ resampler: Resampler, _ planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, count: Int
    ) throws(AssetError) -> Int {
        let capacity = try resampler.outputCountMax(for: count) + 1
        let needed = capacity * sourceChannelCount
        guard needed <= Self.chunkSampleCountMax else { throw damaged() }
        if samples.count < needed { samples = [Float](repeating: 0, count: needed) }
        return try unsafe samples.withUnsafeMutableBufferPointer { buffer throws(AssetError) in
            var plane = unsafe UnsafeMutableRawBufferPointer(buffer).bindMemory(to: UInt8.self)
                .baseAddress
            return try unsafe resampler.convert(
                planes, count: count, into: &plane, capacity: capacity)
        }
    }

    /// Judges a file that was decoded to its end.
    private func checkEnd() throws(AssetError) {
        let seconds = Double(position) / Double(sampleRate)
        let isRawStream = decoder.demuxer.format.isRawStream
        if position > 0, end == nil { try ending.check(endingAt: seconds, subject) }
        if let damage, !isRawStream || position == 0 { throw damage }
        guard position > 0 else { throw Self.noAudio(subject) }
        if let end {
            throw AssetError(
                .invalidArgument,
                "\(subject) is only \(secondsText(seconds)) s long, but audio up to "
                    + "\(secondsText(Double(end) / Double(sampleRate))) s was asked for; "
                    + "choose an earlier end")
        }
        guard position > start else {
            throw AssetError(
                .invalidArgument,
                "\(subject) is only \(secondsText(seconds)) s long, but audio from "
                    + "\(secondsText(Double(start) / Double(sampleRate))) s on was asked for; "
                    + "choose an earlier start")
        }
    }

    private func damaged() -> AssetError {
        AssetError(
            .inputUnreadable,
            "\(subject): its audio is damaged at "
                + "\(secondsText(Double(position) / Double(sampleRate))) s; use a whole copy")
    }

    private static func noAudio(_ subject: String) -> AssetError {
        AssetError(.inputUnreadable, "\(subject) has no audio; use a file that has some")
    }
}
