// The sound of a video: encoded once, in whole, for exactly the video's length, and kept as
// segments like the pictures.

internal import AssetStore
internal import Basics
internal import Media

/// What a muxer needs to know of encoded audio. Stored once the audio is complete.
struct AudioTrackHeader: Equatable {
    var sampleRate: Int
    var channelCount: Int
    var initialPadding: Int
    /// How many pieces the audio lies in.
    var pieceCount: Int

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(UInt8(1))
        for field in [sampleRate, channelCount, initialPadding, pieceCount] {
            writer.append(UInt32(field))
        }
        return writer.bytes
    }

    init(sampleRate: Int, channelCount: Int, initialPadding: Int, pieceCount: Int) {
        self.sampleRate = sampleRate
        self.channelCount = channelCount
        self.initialPadding = initialPadding
        self.pieceCount = pieceCount
    }

    init(decoding bytes: RawSpan) throws {
        self = try ByteReader.read(bytes, subject: "the header of an audio track") { reader in
            guard try reader.integer(UInt8.self) == 1 else {
                throw reader.damaged("its version is unknown")
            }
            let header = AudioTrackHeader(
                sampleRate: Int(try reader.integer(UInt32.self)),
                channelCount: Int(try reader.integer(UInt32.self)),
                initialPadding: Int(try reader.integer(UInt32.self)),
                pieceCount: Int(try reader.integer(UInt32.self)))
            try reader.finish()
            return header
        }
    }
}

extension RenderJob {
    /// The audio's header when the audio is complete in the store, `nil` when it is not.
    func storedAudioHeader() throws -> AudioTrackHeader? {
        try store.withSegment(track: SegmentTrack.audioHeader, index: 0, of: id) {
            try AudioTrackHeader(decoding: $0)
        }
    }

    /// Whether the audio is complete in the store and can be read; if not, it is encoded again.
    func hasIntactAudio() throws -> Bool {
        do {
            guard let header = try storedAudioHeader() else { return false }
            for piece in 0..<header.pieceCount {
                let found = try store.withSegment(
                    track: SegmentTrack.audio, index: piece, of: id
                ) { _ in true }
                guard found == true else { return false }
            }
            return true
        } catch let error as AssetError where error.code == .damaged {
            return false
        }
    }

    /// Encodes the job's audio and stores it. Sequential: the encoder's state runs through it, so
    /// one that was cut short begins anew, and gives the same bytes.
    func encodeAudio(_ lease: JobLease, _ isCancelled: () -> Bool) throws {
        let decoder = try AudioDecoder(audio, from: recipe.from, to: recipe.to)
        let rate = AudioEncoder.sampleRate(for: decoder.sampleRate)
        let encoder = try AudioEncoder(
            sourceRate: decoder.sampleRate, sourceChannelCount: decoder.channelCount,
            frameCount: frameRate.audioSampleCount(ofFrames: frameCount, sampleRate: rate))
        var pending: [EncodedPacket] = []
        var pieceCount = 0
        func store(_ packets: [EncodedPacket], atLeast count: Int) throws {
            pending += packets
            guard pending.count >= count else { return }
            let bytes = try EncodedSegment(extradata: [], packets: pending).encoded()
            unsafe try lease.putSegment(
                track: SegmentTrack.audio, index: pieceCount, bytes.span.bytes)
            pieceCount += 1
            pending.removeAll(keepingCapacity: true)
        }
        while true {
            let packets = try decoder.next { try encoder.encode($0) }
            guard let packets else { break }
            try store(packets, atLeast: 1024)
            if isCancelled() { throw AssetError(.cancelled, "interrupted while encoding audio") }
        }
        try store(encoder.finish(), atLeast: 1)
        let header = AudioTrackHeader(
            sampleRate: rate, channelCount: encoder.channelCount,
            initialPadding: encoder.initialPadding, pieceCount: pieceCount)
        unsafe try lease.putSegment(
            track: SegmentTrack.audioHeader, index: 0, header.encoded().span.bytes)
    }

    /// What a muxer needs of the job's audio.
    func audioTrack() throws -> MP4Muxer.AudioTrack {
        guard let header = try storedAudioHeader() else {
            throw AssetError(.damaged, "job \(id) has no encoded audio; render again")
        }
        let encoder = try AudioEncoder(
            sourceRate: header.sampleRate, sourceChannelCount: header.channelCount, frameCount: 1)
        return MP4Muxer.AudioTrack(
            sampleRate: header.sampleRate, channelCount: header.channelCount,
            initialPadding: header.initialPadding, extradata: encoder.extradata
        ) { [self] in
            segmentPackets(track: SegmentTrack.audio, count: header.pieceCount)
        }
    }
}

extension FrameRate {
    /// The sample frames that last as long as `count` frames: round(count ÷ fps × rate).
    func audioSampleCount(ofFrames count: Int, sampleRate: Int) -> Int {
        let samples = Int128(count) * Int128(sampleRate) * Int128(denominator)
        return Int((2 * samples + Int128(numerator)) / (2 * Int128(numerator)))
    }
}
