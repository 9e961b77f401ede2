// Rows for people and for programs.

internal import Glibc

/// The table: for each work a line per peer, ours repeated in none but the first.
enum Table {
    private static let widths = [25, 12, 11, 14, 11, 7, 7, 4]
    private static let isNumber = [false, false, true, false, true, true, true, false]

    static let header = line(["WORK", "UNIT", "OURS", "PEER", "PEER'S", "RATIO", "TARGET", "MET"])

    /// The lines of the rows of one work or several.
    static func lines(_ rows: [Row]) -> [String] {
        var lines: [String] = []
        var done: [String] = []
        for row in rows where !done.contains(row.work) {
            done.append(row.work)
            lines += self.lines(ofWork: rows.filter { $0.work == row.work })
        }
        return lines
    }

    private static func lines(ofWork rows: [Row]) -> [String] {
        guard let first = rows.first else { return [] }
        var lines: [[String]] = []
        for row in rows {
            if case .figure(let figure) = row.against {
                lines.append(
                    cells(
                        row, "",
                        (row.better == .higher ? "≥ " : "≤ ")
                            + figureText(figure)))
            }
        }
        for peer in first.peers {
            let promised = rows.first {
                if case .peer(peer.name) = $0.against { true } else { false }
            }
            var row = promised ?? first
            if promised == nil { row.target = nil }
            row.against = .peer(peer.name)
            lines.append(cells(row, peer.name, figureText(peer.value)))
        }
        if lines.isEmpty { lines.append(cells(first, "", "")) }
        lines[0][0] = first.work
        lines[0][1] = first.unit
        lines[0][2] = figureText(first.ours)
        return lines.map(line)
    }

    private static func cells(_ row: Row, _ peer: String, _ value: String) -> [String] {
        [
            "", "", "", peer, value, row.ratio.map { ratioText($0) } ?? "",
            row.target.map { "≥ \(ratioText($0))" } ?? "",
            row.isMet.map { $0 ? "yes" : "NO" } ?? "",
        ]
    }

    private static func line(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
            line += (index == 0 ? "" : "  ") + (isNumber[index] ? padding + cell : cell + padding)
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

/// A figure for people: three or more digits, thousands apart.
func figureText(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    if abs(value) < 99.95 { return decimalText(value, abs(value) < 9.995 ? 2 : 1) }
    var digits = String(Int(abs(value).rounded()))
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}

private func ratioText(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let text = decimalText(value, value < 9.995 ? 2 : 1)
    return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
}

/// A number with this many digits behind the point.
private func decimalText(_ value: Double, _ digitCount: Int) -> String {
    var factor = 1
    for _ in 0..<digitCount { factor *= 10 }
    let scaled = Int((abs(value) * Double(factor)).rounded())
    let fraction = String(scaled % factor)
    return (value < 0 ? "-" : "") + "\(scaled / factor)."
        + String(repeating: "0", count: digitCount - fraction.count) + fraction
}

extension Row {
    /// The row as one line of JSON. `against` is the peer, or the fixed figure, that `ratio` and
    /// `target` mean; what there is none of is `null`.
    func json(suite: String) -> String {
        func text(_ text: String) -> String { "\"\(text)\"" }
        func number(_ value: Double?) -> String {
            value.map { $0.isFinite ? "\($0)" : "null" } ?? "null"
        }
        let other =
            switch against {
            case .peer(let name): text(name)
            case .figure(let figure): number(figure)
            case nil: "null"
            }
        let peers = peers.map { "\(text($0.name)):\(number($0.value))" }.joined(separator: ",")
        let digits = String(hash, radix: 16)
        let padding = String(repeating: "0", count: 16 - digits.count)
        return "{"
            + [
                "\"suite\":\(text(suite))", "\"work\":\(text(work))", "\"unit\":\(text(unit))",
                "\"better\":\(text(better.rawValue))", "\"ours\":\(number(ours))",
                "\"peers\":{\(peers)}", "\"against\":\(other)", "\"ratio\":\(number(ratio))",
                "\"target\":\(number(target))", "\"met\":\(isMet.map { "\($0)" } ?? "null")",
                "\"hash\":\(text(padding + digits))",
            ].joined(separator: ",") + "}"
    }
}
