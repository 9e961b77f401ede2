// What an analysis of audio can be told: the attributes of a Web Audio `AnalyserNode`, and two
// choices that a browser does not offer.

public import Basics

/// How audio is turned into the bytes that layers move by.
///
/// The defaults are those of an `AnalyserNode` in the Web Audio API.
public struct AnalysisSettings: Sendable, Equatable, Codable {
    /// The shape that samples are weighted with before the transform.
    public enum Window: String, Codable, Sendable, CaseIterable {
        /// 0.42 − 0.5 cos(2πn/N) + 0.08 cos(4πn/N): what the Web Audio API prescribes.
        case blackman
        /// 0.5 − 0.5 cos(2πn/N): narrower peaks, more leakage.
        case hann
    }

    /// Which samples a frame hears.
    public enum Quantum: String, Codable, Sendable, CaseIterable {
        /// All whole samples before the frame's time.
        case exact
        /// Only whole blocks of 128 samples before the frame's time, as in a browser, whose audio
        /// thread works in such blocks; 128 is the render quantum of the Web Audio API.
        case renderQuantum
    }

    /// The samples of one transform, a power of two from 32 to 32768. A frame has half as many
    /// frequency bytes and as many time-domain bytes.
    public var fftSize = 2048
    /// How much of the frame before lingers in a frame, 0 (nothing) to 1 (everything).
    public var smoothing = 0.8
    /// The level in dB that becomes byte 0.
    public var minDecibels = -100.0
    /// The level in dB that becomes byte 255.
    public var maxDecibels = -30.0
    /// The weights of a transform's samples.
    public var window = Window.blackman
    /// Which samples a frame hears.
    public var quantum = Quantum.exact

    /// The settings of a fresh `AnalyserNode`.
    public init() {}

    /// The number of frequency bins: half of ``fftSize``.
    public var binCount: Int { fftSize / 2 }

    /// The bytes of one frame's row: frequency and time domain.
    public var rowByteCount: Int { binCount + fftSize }

    static let fftSizes = 32...32_768
    static let decibels = -1000.0...1000.0
    /// The samples of a block for ``Quantum/renderQuantum``.
    static let renderQuantumSampleCount = 128

    /// The first thing that is wrong with the settings: the property's name, and what it must be.
    var flaw: (key: String, message: String)? {
        if !Self.fftSizes.contains(fftSize) || fftSize & (fftSize - 1) != 0 {
            return ("fftSize", "must be a power of two from 32 to 32768, found \(fftSize)")
        }
        if !(0...1).contains(smoothing) {
            return ("smoothing", "must be 0…1, found \(smoothing)")
        }
        if !Self.decibels.contains(minDecibels) {
            return ("minDecibels", "must be -1000…1000, found \(minDecibels)")
        }
        if !Self.decibels.contains(maxDecibels) {
            return ("maxDecibels", "must be -1000…1000, found \(maxDecibels)")
        }
        if minDecibels >= maxDecibels {
            return (
                "minDecibels",
                "must be below maxDecibels (\(maxDecibels)), found \(minDecibels)"
            )
        }
        return nil
    }

    /// Checks every value.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the value that is out of range.
    public func validate() throws(AssetError) {
        if let flaw {
            throw AssetError(.invalidArgument, "analysis.\(flaw.key): \(flaw.message)")
        }
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case fftSize, smoothing, minDecibels, maxDecibels, window, quantum
    }

    /// Reads settings; what is missing is as in a fresh `AnalyserNode`.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the place of what is wrong.
    public init(from decoder: any Decoder) throws {
        let scene = try SceneReader(decoder, allowing: CodingKeys.self)
        fftSize = try scene.integer("fftSize") ?? fftSize
        smoothing = try scene.value("smoothing", default: smoothing)
        minDecibels = try scene.value("minDecibels", default: minDecibels)
        maxDecibels = try scene.value("maxDecibels", default: maxDecibels)
        window = try scene.choice("window", default: window)
        quantum = try scene.choice("quantum", default: quantum)
        if let flaw { throw scene.flaw(flaw.key, flaw.message) }
    }
}
