// Everything that decides the bytes of a video, written down: what a job is, and how to go on with
// it after a crash, in another process, without the caller.

internal import AssetStore
internal import Basics
internal import FoundationEssentials
internal import FrameCodecs
internal import Media
internal import Rendering

/// A render's inputs and settings. Its canonical JSON is hashed to the job's identity, so a field
/// is here exactly when it changes the video's bytes.
struct Recipe: Codable, Equatable {
    /// Grows when this module puts frames together or cuts segments in another way.
    static let pipelineVersion = 1

    var pipeline = Self.pipelineVersion
    var renderer = FrameRenderer.version
    /// The versions of the libraries that draw and encode, for people.
    var libraries = Self.libraryVersions
    /// What those libraries, the fonts and the processor make of a picture.
    var fingerprint: String
    /// XXH3-128 of the audio's bytes.
    var audio: String
    var audioByteCount: Int
    var from: Double
    var to: Double?
    /// The scene's canonical JSON.
    var scene: String
    /// The content of the images that the scene refers to.
    var images: [String: String]
    var width: Int
    var height: Int
    var frameRate: String
    var quality: RenderQuality
    var container = "mp4"
    /// How frames are packed on their way through the store: the codec's name.
    var frameCodec: RenderFrameCodec
    /// Frames per segment.
    var segmentFrameCount: Int
    /// The title that is written into the video.
    var title: String?
}

/// What doesn't change the video's bytes.
struct Submission: Codable, Equatable {
    var output: String?
    var overwrite: Bool
}

extension Recipe {
    static let libraryVersions =
        FrameRenderer.libraryVersions.merging(mediaLibraryVersions) { _, media in media }

    /// Segments are about this long: each begins with a key frame, and a crash loses at most one
    /// that was being encoded.
    static let segmentSeconds = 4.0

    static func segmentFrameCount(_ frameRate: FrameRate) -> Int {
        max(1, Int((frameRate.framesPerSecond * segmentSeconds).rounded()))
    }

    var preset: VideoSettings.Preset {
        switch quality {
        case .high: .veryfast
        case .medium: .faster
        case .low: .ultrafast
        }
    }

    var crf: Int {
        switch quality {
        case .high: 18
        case .medium: 22
        case .low: 26
        }
    }

    var framePacking: FramePacking {
        switch frameCodec {
        case .lossless: .lossless
        case .jpeg:
            switch quality {
            case .high: .jpeg(quality: 95)
            case .medium: .jpeg(quality: 90)
            case .low: .jpeg(quality: 85)
            }
        }
    }

    func videoSettings() throws -> VideoSettings {
        try VideoSettings(
            width: width, height: height, frameRate: FrameRate(parsing: frameRate),
            preset: preset, crf: crf)
    }
}

/// JSON with sorted keys: equal values give equal text.
func canonicalJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Reads back what ``canonicalJSON(_:)`` wrote into a job.
func decodeJSON<Value: Decodable>(_ type: Value.Type, _ text: String, of job: JobID) throws -> Value
{
    do {
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
        throw AssetError(
            .unsupportedFormat,
            "job \(job) was made by another version and can't be resumed; render again",
            cause: error)
    }
}
