// What a video is to be: everything that its encoded bytes depend on, apart from its frames.

public import Basics
internal import CFFmpeg

/// The shape and quality of an H.264 video.
public struct VideoSettings: Sendable, Hashable {
    /// How much time x264 takes to make the file smaller.
    public enum Preset: String, Sendable, CaseIterable {
        case ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow
    }

    /// Pixels, even, within ``Limits/videoSide``.
    public let width: Int
    /// Pixels, even, within ``Limits/videoSide``.
    public let height: Int
    /// Frames per second, within ``Limits/frameRate``.
    public let frameRate: FrameRate
    /// How much time is spent on making the file smaller.
    public let preset: Preset
    /// Constant rate factor, 0 (lossless) to 51 (worst).
    public let crf: Int

    /// Settings that libx264 and MP4 can hold.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when a value is outside its range.
    public init(
        width: Int, height: Int, frameRate: FrameRate, preset: Preset = .veryfast, crf: Int = 18
    ) throws(AssetError) {
        guard Limits.videoSide.contains(width), Limits.videoSide.contains(height) else {
            throw AssetError(
                .invalidArgument,
                "a video of \(width)×\(height) pixels is outside \(Limits.videoSide.lowerBound)–"
                    + "\(Limits.videoSide.upperBound) per side; choose a size within")
        }
        guard width % 2 == 0, height % 2 == 0 else {
            throw AssetError(
                .invalidArgument,
                "a video's sides must be even, and \(width)×\(height) is not; use "
                    + "\(width + width % 2)×\(height + height % 2)")
        }
        guard frameRate.numerator <= Self.rateTermMax, frameRate.denominator <= Self.rateTermMax
        else {
            throw AssetError(
                .invalidArgument,
                "\(frameRate) frames per second is too fine a fraction for MP4; use terms up to "
                    + "\(Self.rateTermMax)")
        }
        guard (0...51).contains(crf) else {
            throw AssetError(
                .invalidArgument, "a CRF of \(crf) is outside 0–51; choose one within")
        }
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.preset = preset
        self.crf = crf
    }

    /// The largest numerator or denominator of a frame rate that MP4's time scale can hold.
    private static let rateTermMax = 1_000_000

    var timeBase: AVRational {
        AVRational(num: CInt(frameRate.denominator), den: CInt(frameRate.numerator))
    }
}
