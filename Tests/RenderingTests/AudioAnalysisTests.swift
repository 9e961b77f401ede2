// The rows of a whole job: which frames there are, and that chunks don't matter.

import Basics
import Rendering
import TestSupport
import Testing

@Suite struct RowsOfAJob {
    private func analysis(
        of samples: [Float], chunk: Int, rate: FrameRate, sampleRate: Int = 8000,
        settings: AnalysisSettings = AnalysisSettings()
    ) throws -> AudioAnalysis {
        let directory = try TemporaryDirectory()
        let builder = try AudioAnalysis.Builder(
            settings, sampleRate: sampleRate, frameRate: rate, directory: directory.path)
        var start = 0
        while start < samples.count {
            let end = min(start + chunk, samples.count)
            try builder.append(Array(samples[start..<end]).span)
            start = end
        }
        return try builder.finish()
    }

    private func noise(_ count: Int) -> [Float] {
        var random = SeededGenerator(seed: 11)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    @Test(arguments: [AnalysisSettings.Quantum.exact, .renderQuantum])
    func chunksDoNotMatter(_ quantum: AnalysisSettings.Quantum) throws {
        var settings = AnalysisSettings()
        settings.quantum = quantum
        settings.fftSize = 64
        let rate = try FrameRate(numerator: 30_000, denominator: 1001)
        let samples = noise(5003)
        let whole = try analysis(of: samples, chunk: 5003, rate: rate, settings: settings)
        for chunk in [1, 7, 128, 1000] {
            let pieces = try analysis(of: samples, chunk: chunk, rate: rate, settings: settings)
            #expect(pieces.frameCount == whole.frameCount)
            for frame in 0..<whole.frameCount {
                #expect(try pieces.row(ofFrame: frame) == whole.row(ofFrame: frame))
            }
        }
    }

    @Test func aFrameHearsTheSamplesBeforeItsTime() throws {
        var settings = AnalysisSettings()
        settings.fftSize = 32
        let samples = noise(4000)
        let rate = try FrameRate(numerator: 30)
        let rows = try analysis(of: samples, chunk: 999, rate: rate, settings: settings)
        settings.quantum = .renderQuantum
        let blocks = try analysis(of: samples, chunk: 999, rate: rate, settings: settings)
        for frame in 1..<rows.frameCount {
            let position = frame * 8000 / 30
            #expect(try rows.row(ofFrame: frame).timeDomain == bytes(samples, position))
            #expect(
                try blocks.row(ofFrame: frame).timeDomain
                    == bytes(samples, position / 128 * 128))
        }
    }

    private func bytes(_ samples: [Float], _ position: Int) -> [UInt8] {
        samples[position - 32..<position].map { UInt8(max(0, min(255, 128 * (1 + Double($0))))) }
    }

    @Test(arguments: [(0, 0), (1, 1), (266, 1), (267, 2), (8000, 30), (8001, 31)])
    func framesBeginWithinTheAudio(_ samples: Int, _ frames: Int) throws {
        let rows = try analysis(
            of: noise(samples), chunk: 100, rate: try FrameRate(numerator: 30))
        #expect(rows.frameCount == frames)
        #expect(rows.sampleCount == samples)
        if frames > 0 { _ = try rows.row(ofFrame: frames - 1) }
        #expect(throws: AssetError(.invalidArgument, "")) { try rows.row(ofFrame: frames) }
        #expect(throws: AssetError(.invalidArgument, "")) { try rows.row(ofFrame: -1) }
    }

    @Test func moreFramesThanSamples() throws {
        let rows = try analysis(
            of: noise(40), chunk: 3, rate: try FrameRate(numerator: 240), sampleRate: 100)
        #expect(rows.frameCount == 96)
        #expect(try rows.row(ofFrame: 95).timeDomain.count == 2048)
    }

    @Test func aMissingDirectoryIsAnError() throws {
        #expect(throws: AssetError(.inputMissing, "")) {
            try AudioAnalysis.Builder(
                AnalysisSettings(), sampleRate: 8000, frameRate: try FrameRate(numerator: 30),
                directory: "/nowhere/at/all")
        }
    }
}

@Suite struct FrameRatesAreFractions {
    @Test(arguments: [
        ("30", 30, 1), ("29.97", 30_000, 1001), ("23.976", 24_000, 1001),
        ("23.98", 24_000, 1001), ("59.94", 60_000, 1001), ("30000/1001", 30_000, 1001),
        ("60/2", 30, 1), ("12.5", 25, 2), ("119.88", 120_000, 1001), ("1", 1, 1),
        ("240", 240, 1), ("29.5", 59, 2),
    ])
    func text(_ text: String, _ numerator: Int, _ denominator: Int) throws {
        let rate = try FrameRate(parsing: text)
        #expect(rate.numerator == numerator)
        #expect(rate.denominator == denominator)
        #expect(try FrameRate(parsing: rate.description) == rate)
    }

    @Test(arguments: [
        "", "0", "-30", "241", "0.5", "nan", "inf", "abc", "30/0", "30/", "/", "1/2/3", "0/1",
        "-30/-1", "99999999999999999999", "30000000000/1000000000",
    ])
    func nonsense(_ text: String) {
        #expect(throws: AssetError(.invalidArgument, "")) { try FrameRate(parsing: text) }
    }

    @Test func countsAreExact() throws {
        let rate = try FrameRate(29.97)
        // 1001 seconds are exactly 30000 frames.
        #expect(rate.frameCount(forSampleCount: 1001 * 48_000, sampleRate: 48_000) == 30_000)
        #expect(rate.frameCount(forSampleCount: 1001 * 48_000 + 1, sampleRate: 48_000) == 30_001)
        #expect(rate.sampleCount(beforeFrame: 30_000, sampleRate: 48_000) == 1001 * 48_000)
        #expect(rate.seconds(ofFrame: 30_000) == 1001)
        #expect(rate.frameCount(forSampleCount: .max, sampleRate: 1) == .max)
    }
}
