// Joins encoded segments and audio into an MP4 file, without encoding again and without holding
// the file in memory.

package import Basics

/// Hands out the packets of a track one by one; `nil` after the last.
public typealias PacketPuller = () throws -> EncodedPacket?

/// Writes MP4 files: H.264 and AAC, the index in front of the media data, so that players can
/// start before they have the whole file.
///
/// The packets are pulled twice: first to learn how long the index will be, then to write. So
/// memory holds the index, about 30 bytes for each packet, and never the media. The same tracks
/// give the same bytes.
public enum MP4Muxer {
    /// The video of a file.
    public struct VideoTrack {
        /// What the video was encoded with.
        public let settings: VideoSettings
        /// ``SegmentEncoder/extradata``, the same for all segments.
        public let extradata: [UInt8]
        /// Starts over: makes a puller of all packets in decoding order, times in frames.
        public let makePackets: () throws -> PacketPuller

        /// A track of what ``SegmentEncoder`` made.
        public init(
            settings: VideoSettings, extradata: [UInt8],
            makePackets: @escaping () throws -> PacketPuller
        ) {
            self.settings = settings
            self.extradata = extradata
            self.makePackets = makePackets
        }
    }

    /// The audio of a file.
    public struct AudioTrack {
        /// ``AudioEncoder/sampleRate``.
        public let sampleRate: Int
        /// ``AudioEncoder/channelCount``.
        public let channelCount: Int
        /// ``AudioEncoder/initialPadding``.
        public let initialPadding: Int
        /// ``AudioEncoder/extradata``.
        public let extradata: [UInt8]
        /// Starts over: makes a puller of all packets, times in sample frames.
        public let makePackets: () throws -> PacketPuller

        /// A track of what ``AudioEncoder`` made.
        public init(
            sampleRate: Int, channelCount: Int, initialPadding: Int, extradata: [UInt8],
            makePackets: @escaping () throws -> PacketPuller
        ) {
            self.sampleRate = sampleRate
            self.channelCount = channelCount
            self.initialPadding = initialPadding
            self.extradata = extradata
            self.makePackets = makePackets
        }
    }

    /// Writes a file, replacing what `path` names. It is not made durable.
    ///
    /// The corresponding C functions are `avformat_write_header`, `av_write_frame` and
    /// `av_write_trailer`, with the option `moov_size`.
    ///
    /// - Parameters:
    ///   - title: the file's title tag.
    ///   - progress: called with the video packets written so far, and stops the work by throwing.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the tracks' packets are out of order,
    ///   ``AssetError/Code/diskFull`` or ``AssetError/Code/io`` when the file can't be written,
    ///   ``AssetError/Code/library`` when libav fails, and what the closures throw. The file is
    ///   then incomplete; the caller removes it.
    public static func write(
        to path: String, video: VideoTrack, audio: AudioTrack? = nil, title: String? = nil,
        progress: ((Int) throws -> Void)? = nil
    ) throws {
        try write(
            to: File(path, [.write, .create, .truncate]), video: video, audio: audio,
            title: title, progress: progress)
    }

    /// Writes into an open, empty file; see ``write(to:video:audio:title:progress:)-(String,_,_,_,_)``.
    package static func write(
        to file: File, video: VideoTrack, audio: AudioTrack? = nil, title: String? = nil,
        progress: ((Int) throws -> Void)? = nil
    ) throws {
        let count = try MuxerPass(MuxerOutput(nil), video, audio, title, indexByteCount: nil)
            .run(progress: nil)
        let output = try MuxerOutput(file)
        let pass = try MuxerPass(
            output, video, audio, title, indexByteCount: count.indexByteCountToReserve)
        let written = try pass.run(progress: progress)
        guard written.packetCount == count.packetCount else {
            throw AssetError(
                .invalidArgument,
                "the tracks of \(file.path) had \(count.packetCount) packets at first and then "
                    + "\(written.packetCount); pull the same packets each time")
        }
    }
}
