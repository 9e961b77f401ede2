// Spectrum bars, the heart of a music visualizer.

internal import Basics
internal import FrameCodecs
internal import Glibc

/// The spectrum as a row of bars, low notes on the left, each bar as many octaves wide as the next.
public struct BarsLayer: LayerContent {
    /// Which way bars grow.
    public enum Growth: String, Codable, Sendable, CaseIterable {
        /// Up from the rectangle's lower edge.
        case up
        /// Down from its upper edge, as a reflection.
        case down
        /// Both ways from its middle.
        case both
    }

    static let typeName = "bars"
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// Where bars may reach.
    public var rectangle = RelativeRectangle(x: 0.1, y: 0.4, width: 0.8, height: 0.4)
    /// How many, 1…512.
    public var count = 64
    /// The space between two bars, in parts of the distance from one to the next, 0…0.95.
    public var gap = 0.35
    /// How round the ends are: 0 square, 1 half circles.
    public var roundness = 1.0
    /// Which way bars grow.
    public var growth = Growth.up
    /// Whether the spectrum runs from the middle to both sides, low notes in the middle.
    public var isSymmetric = false
    /// Colours from a bar's foot (place 0) to the farthest it can reach (place 1).
    public var stops = [
        ColorStop(at: 0, color: Color(red: 79, green: 124, blue: 255)),
        ColorStop(at: 0.55, color: Color(red: 182, green: 92, blue: 255)),
        ColorStop(at: 1, color: Color(red: 255, green: 122, blue: 165)),
    ]
    /// The lowest frequency shown, in hertz.
    public var lowFrequency = 40.0
    /// The highest frequency shown, in hertz; half the sample rate when that is lower.
    public var highFrequency = 14_000.0
    /// Levels at or below this are silent, 0…0.95 of the decibel range.
    public var floor = 0.0
    /// How steeply height grows with level: 1 evenly, more for only the loudest.
    public var contrast = 1.5
    /// What is added per octave above 1000 Hz, in parts of the decibel range: music is weaker the
    /// higher it is.
    public var tilt = 0.0

    /// 64 bars in the frame's lower half.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case rectangle, count, gap, roundness, growth
        case isSymmetric = "symmetric"
        case stops, lowFrequency, highFrequency, floor, contrast, tilt
    }

    init(reading scene: SceneReader) throws {
        rectangle = try scene.value("rectangle", default: rectangle)
        count = try scene.integer("count", in: 1...512, default: count)
        gap = try scene.number("gap", in: 0...0.95, default: gap)
        roundness = try scene.number("roundness", in: 0...1, default: roundness)
        growth = try scene.choice("growth", default: growth)
        isSymmetric = try scene.value("symmetric", default: isSymmetric)
        stops = try scene.colorStops("stops", default: stops)
        lowFrequency = try scene.number("lowFrequency", in: 1...100_000, default: lowFrequency)
        highFrequency = try scene.number("highFrequency", in: 1...100_000, default: highFrequency)
        floor = try scene.number("floor", in: 0...0.95, default: floor)
        contrast = try scene.number("contrast", in: 0.1...10, default: contrast)
        tilt = try scene.number("tilt", in: -1...1, default: tilt)
    }

    func prepare(for stage: Stage) throws(AssetError) -> PreparedLayer {
        let area = rectangle.pixels(in: stage)
        let bounds = area.wholePixels().intersection(stage.bounds)
        guard !bounds.isEmpty else { return .empty }
        let colors = rowColors(of: area, within: bounds)
        let pitch = area.width / Double(count)
        let width = max(min(1, pitch), pitch * (1 - gap))
        return .moving(bounds: bounds) { frame, moment throws(AssetError) in
            for (index, level) in levels(in: moment.analysis).enumerated() {
                let left = area.x + (Double(index) + 0.5) * pitch - width / 2
                let bar = bar(level: level, left: left, width: width, in: area)
                frame.fill(
                    bar, radius: roundness * min(bar.width, bar.height) / 2, rowColors: colors,
                    within: bounds)
            }
        }
    }

    /// Where one bar is. A silent bar is a dot, so the row never vanishes. Bars wider than 3 pixels
    /// have their sides on whole pixels, all equally sharp.
    private func bar(level: Double, left: Double, width: Double, in area: Area) -> Area {
        let height = min(max(level * area.height, width * max(roundness, 0.15)), area.height)
        let top =
            switch growth {
            case .up: area.y + area.height - height
            case .down: area.y
            case .both: area.y + (area.height - height) / 2
            }
        let isWide = width >= 3
        return Area(
            x: isWide ? left.rounded() : left, y: top, width: isWide ? width.rounded() : width,
            height: height)
    }

    /// The colour of each row of pixels in `bounds`.
    private func rowColors(of area: Area, within bounds: PixelRectangle) -> [UInt32] {
        let raster = GradientRaster(stops)
        return (bounds.y..<bounds.y + bounds.height).map { row in
            let place = (Double(row) + 0.5 - area.y) / area.height
            return switch growth {
            case .up: raster.pixel(at: Float(1 - place))
            case .down: raster.pixel(at: Float(place))
            case .both: raster.pixel(at: Float(abs(2 * place - 1)))
            }
        }
    }

    /// The height of every bar from left to right, 0…1.
    func levels(in analysis: AnalysisRow) -> [Double] {
        guard isSymmetric else { return spectrum(in: analysis, count: count) }
        let half = spectrum(in: analysis, count: (count + 1) / 2)
        return half.reversed() + half.dropFirst(count % 2)
    }

    /// The levels of `count` bands of equal width in octaves, 0…1.
    private func spectrum(in analysis: AnalysisRow, count: Int) -> [Double] {
        let bins = analysis.frequency.count
        guard bins > 1, analysis.sampleRate > 0 else { return [Double](repeating: 0, count: count) }
        let hertzPerBin = Double(analysis.sampleRate) / Double(2 * bins)
        let high = min(max(highFrequency, lowFrequency + 1), hertzPerBin * Double(bins - 1))
        let octaves = log2(max(high / lowFrequency, 1.000_1))
        return (0..<count).map { band in
            let from = lowFrequency * exp2(octaves * Double(band) / Double(count))
            let to = lowFrequency * exp2(octaves * Double(band + 1) / Double(count))
            let loudest = analysis.peak(fromBin: from / hertzPerBin, toBin: to / hertzPerBin)
            let tilted = loudest + tilt * log2((from * to).squareRoot() / 1000)
            // Silence stays silent, whatever the tilt.
            let level = loudest > 0 ? (tilted - floor) / (1 - floor) : 0
            return shaped(level, by: contrast)
        }
    }
}

extension AnalysisRow {
    /// The highest level between two places in the spectrum, which may lie between bins, 0…1.
    fileprivate func peak(fromBin low: Double, toBin high: Double) -> Double {
        // A band within a bin takes the curve at its middle: neighbours then differ smoothly.
        guard high - low > 1 else { return level(atBin: (low + high) / 2) }
        var peak = max(level(atBin: low), level(atBin: high))
        var bin = Int(low.rounded(.up))
        while Double(bin) <= high, bin < frequency.count {
            peak = max(peak, Double(frequency[bin]) / 255)
            bin += 1
        }
        return peak
    }

    private func level(atBin place: Double) -> Double {
        let last = frequency.count - 1
        let left = min(max(Int(place), 0), last)
        let part = min(max(place - Double(left), 0), 1)
        let right = min(left + 1, last)
        return (Double(frequency[left]) * (1 - part) + Double(frequency[right]) * part) / 255
    }
}

/// A level raised to a power, clamped to 0…1.
func shaped(_ level: Double, by contrast: Double) -> Double {
    pow(min(max(level, 0), 1), contrast)
}

extension Layer {
    /// A layer that shows spectrum bars.
    public static func bars(_ content: BarsLayer) -> Layer { Layer(content: content) }
}
