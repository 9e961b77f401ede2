// Encodes the audio of a video, once, for the video's exact length.

public import Basics
internal import CFFmpeg

/// An AAC encoder for interleaved float samples. Not thread-safe.
///
/// Mono stays mono, everything else becomes stereo. What is given is cut or padded with silence to
/// the length that was asked for, so that sound and picture end together. The same samples give the
/// same bytes on machines with the same libraries and kind of processor.
public final class AudioEncoder {
    /// Sample frames per second of what is encoded: the source's where MP4 players can be relied
    /// on to know it, else 48,000.
    public let sampleRate: Int
    /// The channels of what is encoded: 1 or 2.
    public let channelCount: Int
    /// The sample frames that the codec needs before the first one that is heard.
    public let initialPadding: Int
    /// The codec's parameters: an `AudioSpecificConfig` (ISO/IEC 14496-3).
    public let extradata: [UInt8]
    /// The sample frames that will be heard, at ``sampleRate``.
    public let frameCount: Int

    private let encoder: PacketEncoder
    private let resampler: Resampler
    private let sourceChannelCount: Int
    private let blockSize: Int
    /// Planar samples that wait for a whole block, one array for each channel.
    private var waiting: [[Float]]
    /// Sample frames taken for encoding, given to the encoder included.
    private var taken = 0
    private var given = 0
    private var isFinished = false

    /// The rates that AAC-LC knows by number and every player supports.
    private static let sampleRates: Set<Int> = [
        8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
    ]

    /// The rate that audio of `sourceRate` is encoded with.
    public static func sampleRate(for sourceRate: Int) -> Int {
        sampleRates.contains(sourceRate) ? sourceRate : 48_000
    }

    /// Opens an encoder. The corresponding C function is `avcodec_open2`, for `aac`.
    ///
    /// - Parameters:
    ///   - sourceRate: sample frames per second of what will be given.
    ///   - sourceChannelCount: channels of what will be given, interleaved.
    ///   - frameCount: how many sample frames are to be heard, at ``sampleRate(for:)``.
    ///   - bitRate: bits per second; by default 192,000 for stereo and 128,000 for mono.
    /// - Throws: ``AssetError/Code/invalidArgument`` when a value is out of range,
    ///   ``AssetError/Code/library`` when libav fails.
    public init(
        sourceRate: Int, sourceChannelCount: Int, frameCount: Int, bitRate: Int? = nil
    ) throws(AssetError) {
        let channels = sourceChannelCount == 1 ? 1 : 2
        let bits = bitRate ?? (channels == 1 ? 128_000 : 192_000)
        guard (100...768_000).contains(sourceRate), (1...64).contains(sourceChannelCount),
            frameCount > 0, frameCount <= 1 << 40, (8000...512_000).contains(bits)
        else {
            throw AssetError(
                .invalidArgument,
                "audio of \(sourceChannelCount) channels at \(sourceRate) Hz, \(frameCount) sample "
                    + "frames and \(bits) bits per second can't be encoded; choose 1–64 channels, "
                    + "100–768000 Hz, at least one frame, 8000–512000 bits per second")
        }
        let rate = Self.sampleRate(for: sourceRate)
        encoder = try PacketEncoder(named: "aac")
        let shape = AudioShape(
            sampleRate: rate, channelCount: channels, sampleFormat: AV_SAMPLE_FMT_FLTP)
        unsafe encoder.codec.pointee.sample_rate = CInt(rate)
        unsafe encoder.codec.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
        unsafe encoder.codec.pointee.ch_layout = shape.layout
        unsafe encoder.codec.pointee.bit_rate = Int64(bits)
        unsafe encoder.codec.pointee.time_base = AVRational(num: 1, den: CInt(rate))
        try encoder.open([])
        resampler = try Resampler(
            from: AudioShape(
                sampleRate: sourceRate, channelCount: sourceChannelCount,
                sampleFormat: AV_SAMPLE_FMT_FLT), to: shape)
        sampleRate = rate
        channelCount = channels
        self.sourceChannelCount = sourceChannelCount
        self.frameCount = frameCount
        initialPadding = unsafe Int(encoder.codec.pointee.initial_padding)
        blockSize = unsafe Int(encoder.codec.pointee.frame_size)
        extradata = encoder.extradata
        waiting = Array(repeating: [], count: channels)
    }

    /// Encodes interleaved samples and returns the packets that are ready.
    ///
    /// What goes beyond ``frameCount`` is ignored.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the samples are no whole sample frames or
    ///   follow ``finish()``, ``AssetError/Code/library`` when libav fails.
    public func encode(_ samples: Span<Float>) throws(AssetError) -> [EncodedPacket] {
        guard !isFinished, samples.count % sourceChannelCount == 0 else {
            throw AssetError(
                .invalidArgument,
                "\(samples.count) samples of \(sourceChannelCount) channels were given"
                    + "\(isFinished ? " after the end" : ""); give whole sample frames")
        }
        var packets: [EncodedPacket] = []
        // In pieces, so that memory does not grow with what is given at once.
        let piece = 16_384 * sourceChannelCount
        var start = 0
        while start < samples.count, taken < frameCount {
            let part = samples.extracting(start..<min(start + piece, samples.count))
            try resample(part)
            packets += try encodeBlocks()
            start += piece
        }
        return packets
    }

    /// Pads with silence up to ``frameCount``, ends the stream and returns its remaining packets.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when it was finished before,
    ///   ``AssetError/Code/library`` when libav fails.
    public func finish() throws(AssetError) -> [EncodedPacket] {
        guard !isFinished else {
            throw AssetError(.invalidArgument, "an audio track is finished once; do not repeat it")
        }
        isFinished = true
        try drainResampler()
        var packets = try encodeBlocks()
        while taken < frameCount {
            let count = min(blockSize, frameCount - taken)
            for channel in 0..<channelCount {
                waiting[channel] += [Float](repeating: 0, count: count)
            }
            taken += count
            packets += try encodeBlocks()
        }
        if let rest = waiting.first?.count, rest > 0 { packets += try encodeBlock(rest) }
        return packets + (try unsafe encoder.encode(nil))
    }

    private func resample(_ samples: Span<Float>) throws(AssetError) {
        let count = samples.count / sourceChannelCount
        let result: Result<Void, AssetError> = unsafe samples.withUnsafeBytes { bytes in
            var plane = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
            do throws(AssetError) {
                return .success(try unsafe convert(&plane, count: count))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func drainResampler() throws(AssetError) {
        if taken < frameCount { try unsafe convert(nil, count: 0) }
    }

    /// Converts to the encoder's shape and appends to `waiting`, up to the frames that are wanted.
    private func convert(
        _ input: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, count: Int
    ) throws(AssetError) {
        let capacity = try resampler.outputCountMax(for: count) + 1
        let planes = UnsafeMutablePointer<Float>.allocate(capacity: capacity * channelCount)
        defer { unsafe planes.deallocate() }
        unsafe planes.initialize(repeating: 0, count: capacity * channelCount)
        var outputs: [UnsafeMutablePointer<UInt8>?] = unsafe (0..<channelCount).map { channel in
            let plane = unsafe UnsafeMutableRawPointer(planes + channel * capacity)
            return unsafe plane.assumingMemoryBound(to: UInt8.self)
        }
        let written = try unsafe resampler.convert(
            input, count: count, into: &outputs, capacity: capacity)
        let kept = min(written, frameCount - taken)
        for channel in 0..<channelCount {
            unsafe waiting[channel].append(
                contentsOf: UnsafeBufferPointer(start: planes + channel * capacity, count: kept))
        }
        taken += kept
    }

    private func encodeBlocks() throws(AssetError) -> [EncodedPacket] {
        var packets: [EncodedPacket] = []
        while (waiting.first?.count ?? 0) >= blockSize { packets += try encodeBlock(blockSize) }
        return packets
    }

    /// Gives the first `count` waiting sample frames to the encoder.
    private func encodeBlock(_ count: Int) throws(AssetError) -> [EncodedPacket] {
        let frame = unsafe encoder.frame
        unsafe frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        unsafe frame.pointee.sample_rate = CInt(sampleRate)
        unsafe frame.pointee.ch_layout = encoder.codec.pointee.ch_layout
        unsafe frame.pointee.nb_samples = CInt(count)
        unsafe frame.pointee.pts = Int64(given)
        try Libav.check("av_frame_get_buffer", unsafe av_frame_get_buffer(frame, 0))
        defer { unsafe av_frame_unref(frame) }
        for channel in 0..<channelCount {
            guard let plane = unsafe frame.pointee.extended_data[channel] else { continue }
            unsafe waiting[channel].withUnsafeBytes { samples in
                guard let start = samples.baseAddress else { return }
                unsafe UnsafeMutableRawPointer(plane).copyMemory(
                    from: start, byteCount: count * MemoryLayout<Float>.stride)
            }
            waiting[channel].removeFirst(count)
        }
        given += count
        return try unsafe encoder.encode(frame)
    }
}
