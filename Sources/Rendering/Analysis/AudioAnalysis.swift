// The analysis of a whole job, a row per frame, kept in a nameless file.
//
// Smoothing makes each row depend on those before it, so rows are made in one pass in order; once
// made, any worker may ask for any of them. A file keeps memory bounded for a million frames.

public import Basics

/// What every frame of a job hears. Thread-safe: rows are read with `pread`.
///
/// The file has no name and vanishes with this value or with the process. A row has
/// ``AnalysisSettings/rowByteCount`` bytes: 3 KiB at the default settings.
public final class AudioAnalysis: Sendable {
    /// What the analysis was made with.
    public let settings: AnalysisSettings
    /// Samples per second of the audio.
    public let sampleRate: Int
    /// The frames per second it was made for.
    public let frameRate: FrameRate
    /// The samples of the audio.
    public let sampleCount: Int
    /// The frames that begin within the audio.
    public let frameCount: Int
    private let file: File

    private init(
        takingOwnershipOf file: File, settings: AnalysisSettings, sampleRate: Int,
        frameRate: FrameRate, sampleCount: Int
    ) {
        self.file = file
        self.settings = settings
        self.sampleRate = sampleRate
        self.frameRate = frameRate
        self.sampleCount = sampleCount
        frameCount = frameRate.frameCount(forSampleCount: sampleCount, sampleRate: sampleRate)
    }

    /// What a frame hears. One read of a row.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when there is no such frame,
    ///   ``AssetError/Code/io`` when the file can't be read.
    public func row(ofFrame index: Int) throws(AssetError) -> AnalysisRow {
        guard (0..<frameCount).contains(index) else {
            throw AssetError(
                .invalidArgument,
                "there is no frame \(index): the audio lasts for \(frameCount) frames")
        }
        let count = settings.rowByteCount
        let bytes = try file.read(at: index * count, count: count)
        guard bytes.count == count else {
            throw AssetError(
                .io, "\(file.path): the analysis of frame \(index) is cut short; render again")
        }
        return AnalysisRow(
            frequency: [UInt8](bytes[..<settings.binCount]),
            timeDomain: [UInt8](bytes[settings.binCount...]), sampleRate: sampleRate)
    }

    /// Makes an analysis from samples as they are decoded.
    ///
    /// Not thread-safe. Memory is bounded by the size of a chunk and of the transform.
    ///
    /// ```swift
    /// let builder = try AudioAnalysis.Builder(
    ///     scene.analysis, sampleRate: 48_000, frameRate: frameRate, directory: "/var/tmp")
    /// while let chunk = try decoder.next() { try builder.append(chunk.span) }
    /// let analysis = try builder.finish()
    /// ```
    public final class Builder {
        private var analyzer: AudioAnalyzer
        private let sampleRate: Int
        private let frameRate: FrameRate
        private let file: File
        /// Rows that are not written yet.
        private var pending: [UInt8] = []
        private var writtenByteCount = 0
        private var nextFrame = 0

        private static let pendingByteCountMax = 256 << 10
        private static let sampleRates = 1...1_000_000

        /// Begins an analysis whose rows go to a nameless file in `directory`.
        ///
        /// - Throws: ``AssetError/Code/invalidArgument`` when a setting or the sample rate is out
        ///   of range, ``AssetError/Code/inputMissing`` when there is no such directory.
        public init(
            _ settings: AnalysisSettings, sampleRate: Int, frameRate: FrameRate,
            directory: String
        ) throws(AssetError) {
            guard Self.sampleRates.contains(sampleRate) else {
                throw AssetError(
                    .invalidArgument,
                    "\(sampleRate) is no sample rate; give one from 1 to 1000000 samples a second")
            }
            analyzer = try AudioAnalyzer(settings)
            self.sampleRate = sampleRate
            self.frameRate = frameRate
            file = try File(temporaryIn: directory)
        }

        /// Hears more mono samples, nominally −1…1, of any number.
        ///
        /// - Throws: ``AssetError/Code/diskFull`` when the rows find no room,
        ///   ``AssetError/Code/invalidArgument`` when the audio has over
        ///   ``Limits/frameCountMax`` frames.
        public func append(_ samples: Span<Float>) throws(AssetError) {
            var taken = 0
            while taken < samples.count {
                // A frame exists once a sample at or after its time has been heard.
                let due = frameRate.sampleCount(beforeFrame: nextFrame, sampleRate: sampleRate)
                let wanted = due + 1 - analyzer.sampleCount
                let count = min(samples.count - taken, max(wanted, 0))
                analyzer.append(samples.extracting(taken..<taken + count))
                taken += count
                while frameRate.sampleCount(beforeFrame: nextFrame, sampleRate: sampleRate)
                    < analyzer.sampleCount
                {
                    try addRow()
                }
            }
        }

        /// The analysis of everything heard. The builder is of no use afterwards.
        ///
        /// - Throws: ``AssetError/Code/diskFull`` when the last rows find no room.
        public func finish() throws(AssetError) -> AudioAnalysis {
            try writePending()
            return AudioAnalysis(
                takingOwnershipOf: file, settings: analyzer.settings, sampleRate: sampleRate,
                frameRate: frameRate, sampleCount: analyzer.sampleCount)
        }

        private func addRow() throws(AssetError) {
            guard nextFrame < Limits.frameCountMax else {
                throw AssetError(
                    .invalidArgument,
                    "the audio has over \(Limits.frameCountMax) frames at \(frameRate) frames a "
                        + "second; render a part of it")
            }
            var position = frameRate.sampleCount(beforeFrame: nextFrame, sampleRate: sampleRate)
            if analyzer.settings.quantum == .renderQuantum {
                position -= position % AnalysisSettings.renderQuantumSampleCount
            }
            let row = analyzer.read(endingAt: position, sampleRate: sampleRate)
            pending += row.frequency
            pending += row.timeDomain
            nextFrame += 1
            if pending.count >= Self.pendingByteCountMax { try writePending() }
        }

        private func writePending() throws(AssetError) {
            let rows = pending
            try unsafe file.write(rows.span.bytes, at: writtenByteCount)
            writtenByteCount += pending.count
            pending.removeAll(keepingCapacity: true)
        }
    }
}
