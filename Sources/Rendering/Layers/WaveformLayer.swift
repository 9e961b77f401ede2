// The sound itself, as an oscilloscope shows it.

internal import Basics
internal import FrameCodecs

/// The last samples as a line across a rectangle, loud up to its edges.
public struct WaveformLayer: LayerContent {
    static let typeName = "waveform"
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// Where the line runs; silence is in the middle of its height.
    public var rectangle = RelativeRectangle(x: 0.1, y: 0.1, width: 0.8, height: 0.2)
    /// The line's colour.
    public var color = Color(red: 255, green: 255, blue: 255, alpha: 200)
    /// In frame heights, 0.0001…0.1.
    public var lineWidth = 0.003
    /// How often the samples are magnified, 0…100; what goes beyond the rectangle is cut.
    public var gain = 1.0
    /// Whether the line begins where the sound crosses zero upwards, as on an oscilloscope, so that
    /// a steady tone stands still. Half of the samples are shown then.
    public var isTriggered = true
    /// The part at each end over which the line calms down, 0…0.5.
    public var taper = 0.15

    /// A white line in the frame's upper part.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case rectangle, color, lineWidth, gain
        case isTriggered = "triggered"
        case taper
    }

    init(reading scene: SceneReader) throws {
        rectangle = try scene.value("rectangle", default: rectangle)
        color = try scene.value("color", default: color)
        lineWidth = try scene.number("lineWidth", in: 0.0001...0.1, default: lineWidth)
        gain = try scene.number("gain", in: 0...100, default: gain)
        isTriggered = try scene.value("triggered", default: isTriggered)
        taper = try scene.number("taper", in: 0...0.5, default: taper)
    }

    func prepare(for stage: Stage) throws(AssetError) -> PreparedLayer {
        let area = rectangle.pixels(in: stage)
        let width = max(1, lineWidth * Double(stage.height))
        let bounds = area.wholePixels(margin: width / 2 + 1).intersection(stage.bounds)
        guard !bounds.isEmpty else { return .empty }
        return .moving(bounds: bounds) { frame, moment throws(AssetError) in
            let points = points(of: moment.analysis.timeDomain)
            guard points.count > 1 else { return }
            try Canvas.draw(on: &frame, within: bounds) { canvas throws(AssetError) in
                for (index, point) in points.enumerated() {
                    let x = area.x + area.width * Double(index) / Double(points.count - 1)
                    let y = area.y + area.height * (1 - point) / 2
                    if index == 0 {
                        canvas.move(toX: x, y: y)
                    } else {
                        canvas.addLine(toX: x, y: y)
                    }
                }
                canvas.setColor(color)
                canvas.stroke(width: width)
            }
        }
    }

    /// The most points of the line: more are no longer seen, and cost time.
    private static let pointCountMax = 512

    /// The line's heights from left to right, −1…1.
    func points(of timeDomain: [UInt8]) -> [Double] {
        var samples = timeDomain[...]
        if isTriggered {
            let half = timeDomain.count / 2
            samples = timeDomain[Self.trigger(in: timeDomain.prefix(half))...].prefix(half)
        }
        let count = min(samples.count, Self.pointCountMax)
        return (0..<count).map { index in
            // The mean of the samples that fall on the point, and of a neighbour on each side.
            let first = samples.startIndex + index * samples.count / count
            let end = samples.startIndex + (index + 1) * samples.count / count
            let range = max(first - 1, samples.startIndex)..<min(end + 1, samples.endIndex)
            let sum = samples[range].reduce(0) { $0 + Int($1) - 128 }
            let place = Double(index) / Double(max(count - 1, 1))
            let calm = calmness(at: min(place, 1 - place))
            return min(max(gain * calm * Double(sum) / Double(range.count * 128), -1), 1)
        }
    }

    /// 0 at an end, 1 from ``taper`` on, smooth in between.
    private func calmness(at distance: Double) -> Double {
        guard taper > 0, distance < taper else { return 1 }
        let part = distance / taper
        return part * part * (3 - 2 * part)
    }

    /// The first upward crossing of zero, or the start.
    private static func trigger(in samples: ArraySlice<UInt8>) -> Int {
        for index in samples.indices.dropFirst() {
            if samples[index - 1] < 128 && samples[index] >= 128 { return index }
        }
        return samples.startIndex
    }
}

extension Layer {
    /// A layer that shows the sound as a line.
    public static func waveform(_ content: WaveformLayer) -> Layer { Layer(content: content) }
}
