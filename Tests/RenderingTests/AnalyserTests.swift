// The analyser against a browser's recorded answers, and against a plain model in double precision.

import Basics
internal import Glibc
import Rendering
import TestSupport
import Testing

@Suite struct AnalyserAnswersLikeABrowser {
    @Test(arguments: AnalyserVector.names) func vector(_ name: String) throws {
        let vector = try AnalyserVector(named: name)
        var settings = AnalysisSettings()
        settings.fftSize = vector.fftSize
        settings.smoothing = vector.smoothingTimeConstant
        settings.minDecibels = vector.minDecibels
        settings.maxDecibels = vector.maxDecibels
        var analyzer = try AudioAnalyzer(settings)
        let samples = try vector.mono()
        var (frequencyBytes, frequencyMisses, timeMisses) = (0, 0, 0)
        for read in vector.reads {
            unsafe samples[analyzer.sampleCount..<read.samplesPlayed].withUnsafeBufferPointer {
                unsafe analyzer.append($0.span)
            }
            let row = analyzer.read(
                endingAt: read.samplesPlayed, sampleRate: vector.sampleRate)
            let frequency = try Vectors.bytes(base64: read.byteFrequencyB64)
            let timeDomain = try Vectors.bytes(base64: read.byteTimeDomainB64)
            try #require(row.frequency.count == frequency.count)
            try #require(row.timeDomain.count == timeDomain.count)
            for (ours, theirs) in zip(row.frequency, frequency) where ours != theirs {
                #expect(abs(Int(ours) - Int(theirs)) == 1)
                frequencyMisses += 1
            }
            for (ours, theirs) in zip(row.timeDomain, timeDomain) where ours != theirs {
                #expect(abs(Int(ours) - Int(theirs)) == 1)
                timeMisses += 1
            }
            frequencyBytes += frequency.count
        }
        #expect(frequencyMisses <= max(1, frequencyBytes / 10_000))
        #expect(timeMisses == 0)
    }
}

/// The W3C text, word by word and slowly.
struct AnalyserModel {
    let settings: AnalysisSettings
    var smoothed: [Double]

    init(_ settings: AnalysisSettings) {
        self.settings = settings
        smoothed = [Double](repeating: 0, count: settings.binCount)
    }

    /// The unclamped, unrounded bytes of both kinds.
    mutating func read(_ samples: [Float], endingAt position: Int) -> (
        frequency: [Double], timeDomain: [Double]
    ) {
        let size = settings.fftSize
        let block = (0..<size).map { index in
            let at = position - size + index
            return at < 0 ? 0 : Double(samples[at])
        }
        let windowed = block.enumerated().map { index, sample in
            let turn = 2 * Double.pi * Double(index) / Double(size)
            return settings.window == .blackman
                ? sample * (0.42 - 0.5 * cos(turn) + 0.08 * cos(2 * turn))
                : sample * (0.5 - 0.5 * cos(turn))
        }
        for bin in smoothed.indices {
            var (real, imaginary) = (0.0, 0.0)
            for (index, sample) in windowed.enumerated() {
                let turn = -2 * Double.pi * Double(bin * index % size) / Double(size)
                real += sample * cos(turn)
                imaginary += sample * sin(turn)
            }
            let magnitude = (real * real + imaginary * imaginary).squareRoot() / Double(size)
            smoothed[bin] =
                settings.smoothing * smoothed[bin] + (1 - settings.smoothing) * magnitude
        }
        let range = settings.maxDecibels - settings.minDecibels
        return (
            smoothed.map { 255 * (20 * log10($0) - settings.minDecibels) / range },
            block.map { Double(128 * (1 + Float($0))) }
        )
    }
}

@Suite struct AnalyserEqualsTheModel {
    @Test(arguments: AnalysisSettings.Window.allCases, [32, 256])
    func randomSignals(_ window: AnalysisSettings.Window, fftSize: Int) throws {
        var random = SeededGenerator(seed: 7)
        var settings = AnalysisSettings()
        settings.window = window
        settings.fftSize = fftSize
        settings.smoothing = 0.6
        let samples = (0..<2000).map { _ in Float.random(in: -1.2...1.2, using: &random) }
        var analyzer = try AudioAnalyzer(settings)
        var model = AnalyserModel(settings)
        for position in [0, 1, 31, 300, 301, 800, 2000] {
            analyzer.append(Array(samples[analyzer.sampleCount..<position]).span)
            let row = analyzer.read(endingAt: position, sampleRate: 1000)
            let wanted = model.read(samples, endingAt: position)
            // Where the model is within float precision of a step, either side is right.
            for (byte, exact) in zip(row.frequency, wanted.frequency) {
                #expect((clamped(exact - 0.01)...clamped(exact + 0.01)).contains(byte))
            }
            for (byte, exact) in zip(row.timeDomain, wanted.timeDomain) {
                #expect(byte == clamped(exact))
            }
        }
    }

    private func clamped(_ value: Double) -> UInt8 { UInt8(max(0, min(255, value))) }
}

@Suite struct AnalyserAtTheEdges {
    @Test func silenceIsAllZerosAnd128() throws {
        var analyzer = try AudioAnalyzer(AnalysisSettings())
        analyzer.append([Float](repeating: 0, count: 5000).span)
        let row = analyzer.read(endingAt: 5000, sampleRate: 48_000)
        #expect(row == AnalysisRow(silenceUnder: AnalysisSettings(), sampleRate: 48_000))
    }

    @Test func nothingHeardIsSilence() throws {
        var analyzer = try AudioAnalyzer(AnalysisSettings())
        let row = analyzer.read(endingAt: 0, sampleRate: 48_000)
        #expect(row == AnalysisRow(silenceUnder: AnalysisSettings(), sampleRate: 48_000))
    }

    @Test func whatIsNoNumberDoesNoLastingHarm() throws {
        var analyzer = try AudioAnalyzer(AnalysisSettings())
        analyzer.append([.nan, .infinity, -.infinity, .greatestFiniteMagnitude].span)
        _ = analyzer.read(endingAt: 4, sampleRate: 48_000)
        analyzer.append([Float](repeating: 0, count: 4096).span)
        var row = analyzer.read(endingAt: 4100, sampleRate: 48_000)
        for step in 1...400 {
            analyzer.append([Float](repeating: 0, count: 64).span)
            row = analyzer.read(endingAt: 4100 + step * 64, sampleRate: 48_000)
        }
        #expect(row.timeDomain.allSatisfy { $0 == 128 })
        #expect(row.frequency.count == 1024)
    }

    @Test func readingTwiceSmoothsOnce() throws {
        var random = SeededGenerator(seed: 3)
        let samples = (0..<4096).map { _ in Float.random(in: -1...1, using: &random) }
        var analyzer = try AudioAnalyzer(AnalysisSettings())
        analyzer.append(samples.span)
        let first = analyzer.read(endingAt: 4096, sampleRate: 48_000)
        #expect(analyzer.read(endingAt: 4096, sampleRate: 48_000) == first)
    }

    @Test(arguments: [0, 16, 31, 33, 2047, 65_536, -32])
    func fftSizeIsChecked(_ size: Int) {
        var settings = AnalysisSettings()
        settings.fftSize = size
        #expect(throws: AssetError(.invalidArgument, "")) { try settings.validate() }
    }

    @Test func otherSettingsAreChecked() {
        let wrongs: [(inout AnalysisSettings) -> Void] = [
            { $0.smoothing = 1.01 }, { $0.smoothing = -0.1 }, { $0.smoothing = .nan },
            { $0.minDecibels = -30 }, { $0.minDecibels = .nan }, { $0.maxDecibels = .infinity },
        ]
        for wrong in wrongs {
            var settings = AnalysisSettings()
            wrong(&settings)
            #expect(throws: AssetError(.invalidArgument, "")) { try settings.validate() }
        }
    }
}
