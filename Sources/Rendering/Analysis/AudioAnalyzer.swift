// An `AnalyserNode` without a browser: samples go in, the bytes of a moment come out.
//
// The algorithms are those of the Web Audio API, section "The AnalyserNode Interface": window,
// transform, smoothing over time, conversion to decibels, conversion to bytes.

public import Basics
internal import Glibc

/// Listens to mono samples and tells, at chosen moments, what an `AnalyserNode` would tell.
///
/// Not thread-safe. Feed the samples in order, and read at positions that never go back: smoothing
/// makes each answer depend on those before. Memory is bounded by the transform's size, however
/// long the audio is. Reading takes about 25 µs at 2048 samples.
///
/// ```swift
/// var analyzer = try AudioAnalyzer(AnalysisSettings())
/// analyzer.append(samples.span)
/// let row = analyzer.read(endingAt: analyzer.sampleCount, sampleRate: 48_000)
/// ```
public struct AudioAnalyzer: ~Copyable {
    /// What it was made with; all of it is in range.
    public let settings: AnalysisSettings
    /// The samples heard so far.
    public private(set) var sampleCount = 0

    private var transform: SpectrumTransform
    private let window: [Float]
    /// The last samples heard; sample n lies at n modulo the size, which is a power of two.
    private var ring: [Float]
    private var smoothed: [Float]
    private var lastPosition: Int?

    /// An analyzer that has heard nothing: silence lies before the first sample.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when a setting is out of range.
    public init(_ settings: AnalysisSettings) throws(AssetError) {
        try settings.validate()
        let transform = try SpectrumTransform(sampleCount: settings.fftSize)
        self.settings = settings
        self.transform = transform
        window = Self.window(settings.window, sampleCount: settings.fftSize)
        ring = [Float](
            repeating: 0,
            count: 2 * max(settings.fftSize, AnalysisSettings.renderQuantumSampleCount))
        smoothed = [Float](repeating: 0, count: settings.binCount)
    }

    /// Hears more samples, nominally −1…1. What is not a number counts as silence.
    public mutating func append(_ samples: Span<Float>) {
        let mask = ring.count - 1
        // Of a long run only the end can ever be read.
        let skipped = max(0, samples.count - ring.count)
        for index in skipped..<samples.count {
            let sample = samples[index]
            ring[(sampleCount + index) & mask] = sample.isNaN ? 0 : sample
        }
        sampleCount += samples.count
    }

    /// What the analyser says when `position` samples have been heard.
    ///
    /// A second reading at the same position gives the same answer and does not smooth again.
    ///
    /// - Precondition: `position` is not before an earlier reading, not after ``sampleCount``, and
    ///   not further behind it than the larger of the transform's size and 128.
    public mutating func read(endingAt position: Int, sampleRate: Int) -> AnalysisRow {
        precondition(
            position <= sampleCount && sampleCount - position <= ring.count - settings.fftSize,
            "samples that are not at hand")
        precondition(position >= lastPosition ?? 0, "readings go forward")
        if position != lastPosition { smooth(endingAt: position) }
        lastPosition = position
        return AnalysisRow(
            frequency: frequencyBytes(), timeDomain: timeDomainBytes(endingAt: position),
            sampleRate: sampleRate)
    }

    /// Window, transform and smoothing: X̂ = τ X̂₋₁ + (1 − τ) |X|, in double, kept as float.
    private mutating func smooth(endingAt position: Int) {
        let start = position - settings.fftSize
        let mask = ring.count - 1
        let (ring, window) = (self.ring, self.window)
        let smoothing = settings.smoothing
        var smoothed = self.smoothed
        transform.magnitudes { input in
            for index in 0..<input.count {
                input[index] = ring[(start + index) & mask] * window[index]
            }
        } _: { bin, magnitude in
            let value = smoothing * Double(smoothed[bin]) + (1 - smoothing) * magnitude
            smoothed[bin] = value.isFinite ? Float(value) : 0
        }
        self.smoothed = smoothed
    }

    /// ⌊255 (20 log₁₀ X̂ − min) / (max − min)⌋, clamped to a byte.
    private func frequencyBytes() -> [UInt8] {
        let scale = 255 / (settings.maxDecibels - settings.minDecibels)
        return smoothed.map { value in
            guard value > 0 else { return Self.byte(-.infinity) }
            return Self.byte(scale * (20 * log10(Double(value)) - settings.minDecibels))
        }
    }

    /// ⌊128 (1 + x)⌋ in single precision, as browsers compute it, clamped to a byte.
    private func timeDomainBytes(endingAt position: Int) -> [UInt8] {
        let start = position - settings.fftSize
        let mask = ring.count - 1
        return (0..<settings.fftSize).map { index in
            Self.byte(Double(128 * (1 + ring[(start + index) & mask])))
        }
    }

    private static func byte(_ value: Double) -> UInt8 {
        UInt8(max(0, min(255, value)))
    }

    /// The window's weights. Periodic (divided by N, not N − 1), cosines in double.
    private static func window(_ shape: AnalysisSettings.Window, sampleCount: Int) -> [Float] {
        (0..<sampleCount).map { index in
            let angle = 2 * Double.pi * Double(index) / Double(sampleCount)
            return switch shape {
            case .blackman: Float(0.42 - 0.5 * cos(angle) + 0.08 * cos(2 * angle))
            case .hann: Float(0.5 - 0.5 * cos(angle))
            }
        }
    }
}
