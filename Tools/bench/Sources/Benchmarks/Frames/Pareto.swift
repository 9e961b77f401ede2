// Speed against ratio: which codecs no other one beats in both, as a table and as a picture.

/// How fast codecs packed a material, and how small.
struct Pareto {
    struct Point: Equatable {
        var codec: String
        /// Frames packed in a second.
        var speed: Double
        /// How many bytes became one.
        var ratio: Double
        /// Whether no other codec is at least as fast and packs at least as small.
        var isOnFront = false
    }

    var material: String
    /// The fastest first.
    var points: [Point]

    /// What the rows of `lossless-encode` say, material by material.
    static func all(of rows: [Row]) -> [Pareto] {
        var materials: [Pareto] = []
        for speeds in rows where speeds.work.hasPrefix("encode-") {
            let name = String(speeds.work.dropFirst("encode-".count))
            guard !materials.contains(where: { $0.material == name }),
                let ratios = rows.first(where: { $0.work == "ratio-\(name)" })
            else { continue }
            materials.append(Pareto(name, speeds, ratios))
        }
        return materials
    }

    private init(_ material: String, _ speeds: Row, _ ratios: Row) {
        self.material = material
        let all = { (row: Row) in [(name: Contestant.ours, value: row.ours)] + row.peers }
        let found: [Point] = all(speeds).compactMap { speed in
            all(ratios).first { $0.name == speed.name }.map {
                Point(codec: speed.name, speed: speed.value, ratio: $0.value)
            }
        }
        points = found.map { point in
            var point = point
            point.isOnFront = !found.contains { other in
                other.codec != point.codec && other.speed >= point.speed
                    && other.ratio >= point.ratio
            }
            return point
        }.sorted { $0.speed > $1.speed }
    }

    /// A line for each codec of each material: an asterisk says that none beats it.
    static func table(_ materials: [Pareto]) -> [String] {
        var lines = ["MATERIAL              CODEC              FRAMES/S    RATIO  FRONT"]
        for pareto in materials {
            for (number, point) in pareto.points.enumerated() {
                let name = padded(number == 0 ? pareto.material : "", 20)
                let speed = padded(figureText(point.speed), 10, isNumber: true)
                let ratio = padded(figureText(point.ratio), 7, isNumber: true)
                lines.append(
                    "\(name)  \(padded(point.codec, 15))  \(speed)  \(ratio)"
                        + (point.isOnFront ? "  *" : ""))
            }
        }
        return lines
    }

    private static func padded(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return isNumber ? padding + text : text + padding
    }
}
