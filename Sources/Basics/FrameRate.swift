// Frames per second as a fraction, because 29.97 is no number: it is 30000/1001, and a job that
// rounds it loses a frame every half hour.

/// A frame rate in frames per second, as a fraction in lowest terms.
///
/// Everything that is counted with it is counted in whole numbers, so that the frames of a job
/// are the same on every machine.
public struct FrameRate: Sendable, Hashable, CustomStringConvertible {
    /// Frames in ``denominator`` seconds.
    public let numerator: Int
    /// Seconds in which ``numerator`` frames pass.
    public let denominator: Int

    /// The rate `numerator / denominator`, reduced.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when a part is not positive, is over a
    ///   billion, or the rate is outside ``Limits/frameRate``.
    public init(numerator: Int, denominator: Int = 1) throws(AssetError) {
        let parts = 1...1_000_000_000
        guard parts.contains(numerator), parts.contains(denominator),
            Limits.frameRate.contains(Double(numerator) / Double(denominator))
        else { throw Self.refusal("\(numerator)/\(denominator)") }
        let divisor = Self.greatestCommonDivisor(numerator, denominator)
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
    }

    /// The rate that is meant by a decimal number.
    ///
    /// 23.976 (or 23.98), 29.97, 47.95, 59.94, 119.88 and their kin mean n·1000/1001; every other
    /// number is taken to the nearest thousandth.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when it is no number within
    ///   ``Limits/frameRate``.
    public init(_ framesPerSecond: Double) throws(AssetError) {
        guard Limits.frameRate.contains(framesPerSecond) else {
            throw Self.refusal("\(framesPerSecond)")
        }
        let whole = framesPerSecond.rounded()
        if framesPerSecond == whole {
            try self.init(numerator: Int(whole))
            return
        }
        let above = framesPerSecond.rounded(.up)
        let broadcast = [24.0, 30, 48, 60, 120, 240].contains(above)
        if broadcast, abs(framesPerSecond - above * 1000 / 1001) < 0.005 {
            try self.init(numerator: Int(above) * 1000, denominator: 1001)
            return
        }
        try self.init(numerator: Int((framesPerSecond * 1000).rounded()), denominator: 1000)
    }

    /// The rate written as `30`, `29.97` or `30000/1001`.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the text is none of these or outside
    ///   ``Limits/frameRate``.
    public init(parsing text: String) throws(AssetError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        do throws(AssetError) {
            if parts.count == 2, let numerator = Int(parts[0]), let denominator = Int(parts[1]) {
                try self.init(numerator: numerator, denominator: denominator)
                return
            } else if parts.count == 1, let value = Double(text), value.isFinite {
                try self.init(value)
                return
            }
        } catch {
            // Told below, in the words that were given.
        }
        throw Self.refusal(text)
    }

    /// `30` or `30000/1001`; what ``init(parsing:)`` reads back.
    public var description: String {
        denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    }

    /// Frames per second, rounded to a `Double`.
    public var framesPerSecond: Double { Double(numerator) / Double(denominator) }

    /// The time between two frames, in seconds.
    public var frameSeconds: Double { Double(denominator) / Double(numerator) }

    /// The time of a frame, in seconds from the start.
    public func seconds(ofFrame index: Int) -> Double {
        Double(index) * Double(denominator) / Double(numerator)
    }

    /// How many frames begin within so many samples: exactly ⌈samples ÷ rate × fps⌉.
    ///
    /// - Precondition: `sampleCount` is not negative and `sampleRate` positive.
    public func frameCount(forSampleCount sampleCount: Int, sampleRate: Int) -> Int {
        precondition(sampleCount >= 0 && sampleRate > 0, "no such audio")
        let frames = Int128(sampleCount) * Int128(numerator)
        let samples = Int128(sampleRate) * Int128(denominator)
        return Int(clamping: (frames + samples - 1) / samples)
    }

    /// How many whole samples have passed when a frame begins: exactly ⌊index ÷ fps × rate⌋.
    ///
    /// - Precondition: `index` is not negative and `sampleRate` positive.
    public func sampleCount(beforeFrame index: Int, sampleRate: Int) -> Int {
        precondition(index >= 0 && sampleRate > 0, "no such frame")
        let samples = Int128(index) * Int128(sampleRate) * Int128(denominator)
        return Int(clamping: samples / Int128(numerator))
    }

    private static func refusal(_ found: String) -> AssetError {
        let range = Limits.frameRate
        return AssetError(
            .invalidArgument,
            "\"\(found)\" is no frame rate; give a number from \(Int(range.lowerBound)) to "
                + "\(Int(range.upperBound)) such as 30 or 29.97, or a fraction such as 30000/1001")
    }

    private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }
}
