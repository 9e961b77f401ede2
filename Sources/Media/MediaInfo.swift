// What a media file is: asked before a file is taken in, rendered from or shown.

public import Basics
internal import CFFmpeg

/// What a media file holds.
public struct MediaInfo: Sendable, Equatable {
    /// The three kinds of media.
    public enum Kind: String, Sendable, CaseIterable {
        case image, video, audio
    }

    /// A video may have audio; an audio file with a cover picture is audio.
    public let kind: Kind
    /// The MIME type, such as `image/jpeg`.
    public let mediaType: String
    /// The usual ending of such a file's name, without the dot.
    public let fileExtension: String
    /// libav's name of the picture's or video's codec, such as `h264`.
    public let videoCodec: String?
    /// libav's name of the audio's codec, such as `vorbis`.
    public let audioCodec: String?
    /// Pixels; `nil` for audio.
    public let width: Int?
    /// Pixels; `nil` for audio.
    public let height: Int?
    /// Frames per second on average; `nil` for what is no video, or where no rate is known.
    public let frameRate: Double?
    /// As the file declares it, or estimated where it declares nothing; `nil` for images.
    public let durationSeconds: Double?
    /// Sample frames per second; `nil` without audio.
    public let sampleRate: Int?
    /// `nil` without audio.
    public let channelCount: Int?
    /// The container's and the streams' tags, with lowercase keys.
    public let tags: [String: String]

    /// Finds out what `bytes` are, by their content alone.
    ///
    /// `nil` when they are no picture, video or audio of a known format: unknown bytes, text,
    /// subtitles, nothing at all. The corresponding C functions are `av_probe_input_buffer2`,
    /// `avformat_open_input` and `avformat_find_stream_info`. Cost: reads up to a few MiB, and
    /// decodes no picture.
    ///
    /// - Throws: what reading `bytes` throws; ``AssetError/Code/library`` without memory.
    public static func probe(_ bytes: any RandomAccessBytes) throws(AssetError) -> MediaInfo? {
        // What starts like media and can't be understood is not known media either.
        guard case .opened(let demuxer) = try Demuxer.opening(bytes, forFacts: true) else {
            return nil
        }
        return MediaInfo(demuxer)
    }

    private init?(_ demuxer: Demuxer) {
        let format = demuxer.format
        let video = demuxer.firstStream(AVMEDIA_TYPE_VIDEO)
        let audio = demuxer.firstStream(AVMEDIA_TYPE_AUDIO)
        let type = FileType(demuxer, hasVideo: video != nil)
        if format.isImage || type.isImage {
            guard video != nil else { return nil }
            kind = .image
        } else if video != nil {
            kind = .video
        } else if audio != nil {
            kind = .audio
        } else {
            return nil
        }
        mediaType = type.mediaType
        fileExtension = type.fileExtension
        (videoCodec, width, height, frameRate) = Self.videoProperties(
            demuxer, video, hasRate: kind == .video)
        (audioCodec, sampleRate, channelCount) = Self.audioProperties(demuxer, audio)
        durationSeconds = kind == .image ? nil : demuxer.durationSeconds
        tags = demuxer.tags
    }

    private static func videoProperties(
        _ demuxer: Demuxer, _ index: Int?, hasRate: Bool
    ) -> (String?, Int?, Int?, Double?) {
        guard let index, let stream = unsafe demuxer.stream(index),
            let codec = unsafe stream.pointee.codecpar
        else { return (nil, nil, nil, nil) }
        let average = unsafe stream.pointee.avg_frame_rate
        let rate = average.num > 0 ? average : unsafe stream.pointee.r_frame_rate
        let isRate = hasRate && rate.num > 0 && rate.den > 0
        return unsafe (
            String(cString: avcodec_get_name(codec.pointee.codec_id)), Int(codec.pointee.width),
            Int(codec.pointee.height), isRate ? Double(rate.num) / Double(rate.den) : nil
        )
    }

    private static func audioProperties(
        _ demuxer: Demuxer, _ index: Int?
    ) -> (String?, Int?, Int?) {
        guard let index, let stream = unsafe demuxer.stream(index),
            let codec = unsafe stream.pointee.codecpar
        else { return (nil, nil, nil) }
        return unsafe (
            String(cString: avcodec_get_name(codec.pointee.codec_id)),
            Int(codec.pointee.sample_rate), Int(codec.pointee.ch_layout.nb_channels)
        )
    }
}
