// What one frame hears.

/// The analysis of one frame, as an `AnalyserNode` would answer at the frame's time.
public struct AnalysisRow: Sendable, Equatable {
    /// The spectrum: byte k is the level around k·sampleRate/fftSize hertz, 0 at `minDecibels` or
    /// below, 255 at `maxDecibels` or above. What `getByteFrequencyData` gives.
    public var frequency: [UInt8]
    /// The waveform: the last `fftSize` samples, 0 for −1, 128 for silence, 255 for just under 1.
    /// What `getByteTimeDomainData` gives.
    public var timeDomain: [UInt8]
    /// Samples per second of the audio.
    public var sampleRate: Int

    /// A row of `fftSize / 2` frequency bytes and `fftSize` time-domain bytes.
    public init(frequency: [UInt8], timeDomain: [UInt8], sampleRate: Int) {
        self.frequency = frequency
        self.timeDomain = timeDomain
        self.sampleRate = sampleRate
    }

    /// What silence sounds like under `settings`.
    public init(silenceUnder settings: AnalysisSettings, sampleRate: Int = 48_000) {
        self.init(
            frequency: [UInt8](repeating: 0, count: settings.binCount),
            timeDomain: [UInt8](repeating: 128, count: settings.fftSize),
            sampleRate: sampleRate)
    }

    /// The mean level of the bins between two frequencies in hertz, 0…1; the nearest bin's where
    /// there is none between.
    func level(from low: Double, to high: Double) -> Double {
        guard !frequency.isEmpty, sampleRate > 0 else { return 0 }
        let hertzPerBin = Double(sampleRate) / Double(2 * frequency.count)
        let last = frequency.count - 1
        let first = min(max(Int((low / hertzPerBin).rounded()), 0), last)
        let end = min(max(Int((high / hertzPerBin).rounded()), first), last)
        var sum = 0
        for bin in first...end { sum += Int(frequency[bin]) }
        return Double(sum) / Double((end - first + 1) * 255)
    }
}
