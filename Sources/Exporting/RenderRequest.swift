// What a caller asks for: a song, a scene, a size, and where the video goes.

public import AssetStore
public import Basics
internal import Media
public import Rendering

/// How good a video is to look, and how long it may take.
public enum RenderQuality: String, Codable, Sendable, CaseIterable {
    /// x264 veryfast, CRF 18; JPEG frames of quality 95.
    case high
    /// x264 faster, CRF 22; JPEG frames of quality 90.
    case medium
    /// x264 ultrafast, CRF 26; JPEG frames of quality 85.
    case low
}

/// How drawn frames are kept in the store until they are encoded. Raw values are stored in recipes.
public enum RenderFrameCodec: String, Codable, Sendable, CaseIterable {
    /// As JPEG of the quality's level: small.
    case jpeg
    /// Without loss: what is encoded, and what stays when frames are kept, is what was drawn.
    case lossless
}

/// What is to be rendered, and how.
public struct RenderRequest: Sendable {
    /// Where the audio comes from.
    public enum Audio: Sendable {
        case file(String)
        case asset(AssetID)
    }

    public var audio: Audio
    /// The project that the job, its frames, the audio and the video belong to.
    public var project: String
    /// What to show; `nil` for the built-in scene with title and artist from the audio's tags.
    public var scene: Scene?
    /// Pixels, even.
    public var width: Int
    /// Pixels, even.
    public var height: Int
    public var frameRate: FrameRate
    public var quality: RenderQuality
    /// How frames are kept in the store meanwhile.
    public var frameCodec: RenderFrameCodec
    /// Where the range of the audio begins, in seconds.
    public var from: Double
    /// Where it ends, in seconds; `nil` for the end of the audio.
    public var to: Double?
    /// Where the video goes; `nil` to keep it as an asset only.
    public var output: String?
    /// Whether a file that is there already may be replaced.
    public var overwrite: Bool
    /// Which of the job's frames stay in the store when it is complete.
    public var retention: FrameRetention

    public init(
        audio: Audio, project: String, scene: Scene? = nil, width: Int = 1920,
        height: Int = 1080, frameRate: FrameRate, quality: RenderQuality = .high,
        frameCodec: RenderFrameCodec = .jpeg, from: Double = 0, to: Double? = nil,
        output: String? = nil, overwrite: Bool = false,
        retention: FrameRetention = .untilComplete
    ) {
        self.audio = audio
        self.project = project
        self.scene = scene
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.quality = quality
        self.frameCodec = frameCodec
        self.from = from
        self.to = to
        self.output = output
        self.overwrite = overwrite
        self.retention = retention
    }
}

extension RenderRequest {
    /// Checks what can be checked without a store: that the audio is there and is media, that the
    /// size and rate can be encoded, that the output can be made.
    ///
    /// - Throws: ``AssetError`` that says which of them, and what to do.
    public func validate() throws {
        _ = try VideoSettings(width: width, height: height, frameRate: frameRate)
        if let output { try OutputFile.check(output, overwrite: true) }
        if case .file(let path) = audio { try AudioSource.requireMedia(FileBytes(path: path)) }
    }
}

/// How far a render is. Cheap to make; told often.
public struct RenderProgress: Sendable {
    public enum Phase: String, Sendable {
        /// Listening to the audio.
        case analyze
        /// Drawing and encoding frames.
        case render
        /// Joining segments and audio into the video, and publishing it.
        case publish
    }

    public var phase: Phase
    /// Of the whole job.
    public var frameCount: Int
    /// Frames that were in the store before.
    public var reusedFrameCount: Int
    /// Frames drawn by this run.
    public var renderedFrameCount: Int
    /// Frames encoded, in this run or before.
    public var encodedFrameCount: Int
    /// Frames that were encoded before.
    public var reusedEncodedFrameCount: Int
}

/// What a render came to.
public struct RenderResult: Sendable {
    public struct Frames: Sendable, Equatable {
        public var total: Int
        /// Drawn by this run.
        public var rendered: Int
        /// Found in the store, or made needless by a finished video.
        public var reused: Int

        public init(total: Int, rendered: Int, reused: Int) {
            (self.total, self.rendered, self.reused) = (total, rendered, reused)
        }
    }

    public struct Segments: Sendable, Equatable {
        public var total: Int
        /// Encoded by this run.
        public var encoded: Int
        public var reused: Int

        public init(total: Int, encoded: Int, reused: Int) {
            (self.total, self.encoded, self.reused) = (total, encoded, reused)
        }
    }

    public var job: JobID
    public var frames: Frames
    public var segments: Segments
    /// The video in the store.
    public var asset: AssetID
    /// Where the video was published.
    public var output: String?
    public var byteCount: Int
    /// SHA-256 of the video, 64 hexadecimal digits.
    public var sha256: String
    /// The video's length.
    public var durationSeconds: Double
}
