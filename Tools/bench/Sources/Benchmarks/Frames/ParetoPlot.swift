// The picture of speed against ratio, as SVG.

internal import Glibc

extension Pareto {
    /// A chart for each material, two side by side: frames a second to the right, ratio upwards,
    /// both in equal steps for equal factors. A line joins the codecs that none beats.
    static func plot(_ materials: [Pareto]) -> String {
        let rows = (materials.count + 1) / 2
        let (width, height) = (2 * Chart.width, max(1, rows) * Chart.height)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" "
                + "font-family=\"DejaVu Sans, sans-serif\" font-size=\"11\">",
            "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\"/>",
        ]
        for (number, pareto) in materials.enumerated() {
            let chart = Chart(
                pareto, left: number % 2 * Chart.width, top: number / 2 * Chart.height)
            lines += chart.lines
        }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }
}

/// One material's chart.
private struct Chart {
    static let width = 520
    static let height = 340
    private static let innerWidth = 430
    private static let innerHeight = 260
    private let pareto: Pareto
    /// The upper left corner of its axes.
    private let left: Int
    private let top: Int
    private let speeds: ClosedRange<Double>
    private let ratios: ClosedRange<Double>

    init(_ pareto: Pareto, left: Int, top: Int) {
        self.pareto = pareto
        (self.left, self.top) = (left + 55, top + 30)
        speeds = Self.range(pareto.points.map(\.speed))
        ratios = Self.range(pareto.points.map(\.ratio))
    }

    /// A little more than the values span.
    private static func range(_ values: [Double]) -> ClosedRange<Double> {
        let low = (values.min() ?? 1) / 1.25
        return low...max(low * 1.5, (values.max() ?? 2) * 1.25)
    }

    private func x(_ speed: Double) -> Int {
        left + Int(share(speed, of: speeds) * Double(Self.innerWidth))
    }

    private func y(_ ratio: Double) -> Int {
        top + Self.innerHeight - Int(share(ratio, of: ratios) * Double(Self.innerHeight))
    }

    private func share(_ value: Double, of range: ClosedRange<Double>) -> Double {
        log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }

    var lines: [String] {
        var lines = [
            text(pareto.material, left, top - 10, "font-size=\"14\" font-weight=\"bold\""),
            "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(Self.innerWidth)\" height=\"\(Self.innerHeight)\" "
                + "fill=\"none\" stroke=\"#888888\"/>",
            text(
                "frames packed a second", left + Self.innerWidth, top + Self.innerHeight + 30,
                "text-anchor=\"end\" fill=\"#555555\""),
            text(
                "times smaller", left + Self.innerWidth, top - 10,
                "text-anchor=\"end\" fill=\"#555555\""),
        ]
        for tick in ticks(speeds) {
            lines.append(
                line(x(tick), top, x(tick), top + Self.innerHeight, "stroke=\"#dddddd\""))
            lines.append(
                text(
                    tickText(tick), x(tick), top + Self.innerHeight + 14, "text-anchor=\"middle\""))
        }
        for tick in ticks(ratios) {
            lines.append(line(left, y(tick), left + Self.innerWidth, y(tick), "stroke=\"#dddddd\""))
            lines.append(text(tickText(tick), left - 5, y(tick) + 4, "text-anchor=\"end\""))
        }
        let front = pareto.points.filter(\.isOnFront)
        let path = front.map { "\(x($0.speed)),\(y($0.ratio))" }.joined(separator: " ")
        lines.append(
            "<polyline points=\"\(path)\" fill=\"none\" stroke=\"#b04060\" stroke-width=\"1.5\"/>")
        for point in pareto.points { lines += marks(point) }
        return lines
    }

    private func marks(_ point: Pareto.Point) -> [String] {
        let isOurs = point.codec == Contestant.ours
        let (x, y) = (x(point.speed), y(point.ratio))
        let isRight = x > left + Self.innerWidth - 90
        return [
            "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(isOurs ? 6 : 4)\" "
                + "fill=\"\(isOurs ? "#b04060" : "#4060b0")\"/>",
            text(
                point.codec, isRight ? x - 8 : x + 8, y - 5,
                (isRight ? "text-anchor=\"end\"" : "") + (isOurs ? " font-weight=\"bold\"" : "")),
        ]
    }

    /// 1, 2 and 5 times the powers of ten within a range.
    private func ticks(_ range: ClosedRange<Double>) -> [Double] {
        (-3...6).flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }
            .filter(range.contains)
    }

    private func tickText(_ value: Double) -> String {
        value >= 1 ? "\(Int(value))" : figureText(value)
    }

    private func text(_ text: String, _ x: Int, _ y: Int, _ attributes: String) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" \(attributes)>\(text)</text>"
    }

    private func line(_ x: Int, _ y: Int, _ toX: Int, _ toY: Int, _ attributes: String) -> String {
        "<line x1=\"\(x)\" y1=\"\(y)\" x2=\"\(toX)\" y2=\"\(toY)\" \(attributes)/>"
    }
}
