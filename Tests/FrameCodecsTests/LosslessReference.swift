// The lossless codec once more, without any art: no vectors, no words, no tricks. What it makes of
// a frame is what the real one must make of it, byte for byte.

import FrameCodecs

/// Packs frames as `docs/format.md` says, one sample after the other.
struct LosslessReference {
    private static let limits = [0, 1, 2, 3, 7, 15, 31, 128]
    private static let perSymbol = [0, 4, 4, 2, 2, 1, 1, 1]
    private static let costs = [1, 20, 33, 40, 58, 76, 92, 116]
    private static let bandRows = 64

    /// A plane's channels, each a list of rows.
    private struct Group {
        var channels: [[[Int]]]
        var size: Int
        var rowShift: Int
        var width: Int
        var rows: Int
        var modulus: Int { size == 2 ? 65_536 : 256 }
        var trackCount: Int { channels.count * size }

        func rows(ofBand band: Int) -> Range<Int> {
            let first = min(band * LosslessReference.bandRows >> rowShift, rows)
            return first..<min(first + LosslessReference.bandRows >> rowShift, rows)
        }
    }

    /// What a row of a track says: blocks of symbols.
    private enum Symbol: Hashable {
        /// A class's symbol, and the class above.
        case ofClass(Int, above: Int)
        case ofSamples(Int, class: Int)
    }

    static func encode(_ frame: borrowing Frame) -> [UInt8] {
        let (width, height) = (frame.width, frame.height)
        let groups = (0..<frame.format.planeCount).map { group(frame, plane: $0) }
        let isComplete = width * height <= 65_536
        func isSeen(_ offset: Int) -> Bool {
            isComplete || (12..<16).contains(offset % 32)
        }
        let bandCount = (height + bandRows - 1) / bandRows

        // Predictors, constants and statistics.
        var predictors: [[Int]] = []
        var counts = groups.map { [[Symbol: Int]](repeating: [:], count: $0.trackCount) }
        for band in 0..<bandCount {
            var chosen: [Int] = []
            for (number, group) in groups.enumerated() {
                let rows = group.rows(ofBand: band)
                let constant = constants(group, rows)
                var best = (cost: Int.max, predictor: 0)
                for predictor in [2, 3] {
                    var cost = 0
                    for y in rows where isSeen(y - rows.lowerBound) {
                        for track in 0..<group.trackCount where !constant[track / group.size] {
                            let row = differences(group, track, y, rows, predictor)
                            for block in blocks(row) { cost += costs[classOf(block)] }
                        }
                    }
                    if cost < best.cost { best = (cost, predictor) }
                }
                chosen.append(best.predictor)
                for track in 0..<group.trackCount where !constant[track / group.size] {
                    for y in rows where isSeen(y - rows.lowerBound) {
                        let above =
                            y == rows.lowerBound
                            ? nil : differences(group, track, y - 1, rows, best.predictor)
                        let row = differences(group, track, y, rows, best.predictor)
                        for symbol in symbols(row, above: above) {
                            if case .ofClass = symbol, y > rows.lowerBound,
                                !isSeen(y - 1 - rows.lowerBound)
                            {
                                continue
                            }
                            counts[number][track][symbol, default: 0] += 1
                        }
                    }
                }
            }
            predictors.append(chosen)
        }

        // Codes.
        var numbers: [UInt8] = []
        var codes = groups.map { [[Symbol: [Bool]]](repeating: [:], count: $0.trackCount) }
        for (number, group) in groups.enumerated() {
            for track in 0..<group.trackCount {
                for alphabet in alphabets() {
                    let isCoded = (0..<bandCount).contains {
                        !constants(group, group.rows(ofBand: $0))[track / group.size]
                    }
                    let frequencies = alphabet.symbols.map { symbol in
                        let count = counts[number][track][symbol, default: 0]
                        return isComplete || !isCoded ? count : count * 8 + 1
                    }
                    let lengths = codeLengths(frequencies, lengthMax: alphabet.lengthMax)
                    write(frequencies, lengths, &numbers)
                    for (index, code) in canonicalCodes(lengths).enumerated() {
                        codes[number][track][alphabet.symbols[index]] = code
                    }
                }
            }
        }

        // Bands.
        var bands: [[UInt8]] = []
        for band in 0..<bandCount {
            var bytes: [UInt8] = []
            for (number, group) in groups.enumerated() {
                let rows = group.rows(ofBand: band)
                let constant = constants(group, rows)
                let predictor = predictors[band][number]
                bytes.append(UInt8(predictor))
                for track in 0..<group.trackCount {
                    let all = rows.map { differences(group, track, $0, rows, predictor) }
                    if constant[track / group.size] {
                        bytes += [0, 1, 0, 0, 0, UInt8(truncatingIfNeeded: all[0][0])]
                        continue
                    }
                    var bits: [Bool] = []
                    for (index, row) in all.enumerated() {
                        for symbol in symbols(row, above: index == 0 ? nil : all[index - 1]) {
                            bits += codes[number][track][symbol, default: []]
                        }
                    }
                    var coded = pack(bits)
                    var mode: UInt8 = 1
                    if coded.count >= rows.count * group.width {
                        mode = 2
                        coded = all.flatMap { $0.map { UInt8(truncatingIfNeeded: $0) } }
                    }
                    bytes += [mode] + littleEndian(coded.count) + coded
                }
            }
            bands.append(bytes)
        }
        let packed = (0..<(numbers.count + 1) / 2).map { index in
            numbers[2 * index] | (2 * index + 1 < numbers.count ? numbers[2 * index + 1] << 4 : 0)
        }
        var payload: [UInt8] = [1, frame.format.rawValue, 0, 0]
        payload += littleEndian(width) + littleEndian(height) + littleEndian(bandRows)
        payload += [UInt8](repeating: 0, count: 8) + littleEndian(packed.count) + packed
        payload += bands.flatMap { littleEndian($0.count) } + bands.flatMap { $0 }
        return payload + [UInt8](repeating: 0, count: 8)
    }

    private static func littleEndian(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    // MARK: Samples

    private static func group(_ frame: borrowing Frame, plane: Int) -> Group {
        let size = frame.format.sampleByteCount
        let count = frame.format.channelCount(plane: plane)
        let (width, rows) = (
            frame.planes[plane].rowByteCount / count / size, frame.planes[plane].rows
        )
        let bytes = frame.samples(plane: plane).map { Int($0) }
        var channels = (0..<count).map { channel in
            (0..<rows).map { y in
                (0..<width).map { x in
                    let at = ((y * width + x) * count + channel) * size
                    return size == 2 ? bytes[at] | bytes[at + 1] << 8 : bytes[at]
                }
            }
        }
        if count >= 3 {
            for channel in [0, 2] {
                for y in 0..<rows {
                    for x in 0..<width {
                        channels[channel][y][x] -= channels[1][y][x]
                        channels[channel][y][x] &= size == 2 ? 65_535 : 255
                    }
                }
            }
        }
        return Group(
            channels: channels, size: size, rowShift: rows < frame.height ? 1 : 0, width: width,
            rows: rows)
    }

    /// Whether each channel is the same in all rows; red and blue only if green is, too.
    private static func constants(_ group: Group, _ rows: Range<Int>) -> [Bool] {
        let alone = group.channels.map { channel in
            rows.allSatisfy { y in channel[y].allSatisfy { $0 == channel[rows.lowerBound][0] } }
        }
        return alone.indices.map { alone[$0] && (alone.count == 1 || $0 == 3 || alone[1]) }
    }

    /// The signed differences of a row of a track.
    private static func differences(
        _ group: Group, _ track: Int, _ y: Int, _ rows: Range<Int>, _ predictor: Int
    ) -> [Int] {
        let channel = group.channels[track / group.size]
        return (0..<group.width).map { x in
            let prediction: Int
            if y == rows.lowerBound {
                prediction = x == 0 ? 0 : channel[y][x - 1]
            } else {
                let up = channel[y - 1][x]
                let corner = channel[y - 1][max(x - 1, 0)]
                let left = x == 0 ? up : channel[y][x - 1]
                let slope = left + up - corner
                prediction = predictor == 2 ? slope : [left, up, slope].sorted()[1]
            }
            let whole = (channel[y][x] - prediction) & (group.modulus - 1)
            if group.size == 1 { return whole < 128 ? whole : whole - 256 }
            let low = whole & 255 < 128 ? whole & 255 : (whole & 255) - 256
            let high = ((whole - low) >> 8) & 255
            return track % 2 == 0 ? low : high < 128 ? high : high - 256
        }
    }

    // MARK: Symbols

    private static func blocks(_ row: [Int]) -> [[Int]] {
        stride(from: 0, to: row.count, by: 16).map { start in
            let block = Array(row[start..<min(start + 16, row.count)])
            return block + [Int](repeating: 0, count: 16 - block.count)
        }
    }

    private static func classOf(_ block: [Int]) -> Int {
        let largest = block.map(abs).max() ?? 0
        return limits.firstIndex { largest <= $0 } ?? 7
    }

    private static func symbols(_ row: [Int], above: [Int]?) -> [Symbol] {
        let all = blocks(row)
        let classes = all.map(classOf)
        let classesAbove = above.map { blocks($0).map(classOf) } ?? classes.map { _ in 0 }
        var symbols: [Symbol] = []
        var index = 0
        while index < all.count {
            let above = classesAbove[index]
            if classes[index...].allSatisfy({ $0 == 0 }) {
                symbols.append(.ofClass(8, above: above))
                break
            }
            if classes[index...].prefix(8).allSatisfy({ $0 == 0 }) {
                symbols.append(.ofClass(9, above: above))
                index += 8
                continue
            }
            let number = classes[index]
            symbols.append(.ofClass(number, above: above))
            if number > 0 {
                let count = perSymbol[number]
                for start in stride(from: 0, to: 16, by: count) {
                    var symbol = 0
                    for sample in all[index][start..<start + count].reversed() {
                        symbol = symbol * base(number) + sample + limits[number]
                    }
                    symbols.append(.ofSamples(symbol, class: number))
                }
            }
            index += 1
        }
        return symbols
    }

    private static func base(_ number: Int) -> Int { number == 7 ? 256 : 2 * limits[number] + 1 }

    // MARK: Codes

    private static func alphabets() -> [(symbols: [Symbol], lengthMax: Int)] {
        let ofClasses = (0..<8).map { above in
            (symbols: (0..<10).map { Symbol.ofClass($0, above: above) }, lengthMax: 7)
        }
        let ofSamples = (1..<8).map { number in
            let count = (0..<perSymbol[number]).reduce(1) { size, _ in size * base(number) }
            return (
                symbols: (0..<count).map { Symbol.ofSamples($0, class: number) }, lengthMax: 12
            )
        }
        return ofClasses + ofSamples
    }

    /// Huffman's algorithm, by looking for the two lightest trees again and again.
    private static func codeLengths(_ frequencies: [Int], lengthMax: Int) -> [Int] {
        var weights = frequencies
        while true {
            // A leaf goes before a tree, a lower symbol or an older tree before the other.
            var trees = weights.indices.filter { weights[$0] > 0 }.map {
                (weight: weights[$0], rank: $0, symbols: [$0])
            }
            var lengths = [Int](repeating: 0, count: weights.count)
            var made = weights.count
            while trees.count > 1 {
                var joined = (weight: 0, rank: made, symbols: [Int]())
                for _ in 0..<2 {
                    var lightest = 0
                    for index in trees.indices
                    where (trees[index].weight, trees[index].rank)
                        < (trees[lightest].weight, trees[lightest].rank)
                    {
                        lightest = index
                    }
                    joined.weight += trees[lightest].weight
                    joined.symbols += trees[lightest].symbols
                    trees.remove(at: lightest)
                }
                for symbol in joined.symbols { lengths[symbol] += 1 }
                trees.append(joined)
                made += 1
            }
            if lengths.max() ?? 0 <= lengthMax { return lengths }
            weights = weights.map { ($0 + 1) / 2 }
        }
    }

    private static func canonicalCodes(_ lengths: [Int]) -> [[Bool]] {
        var codes = [[Bool]](repeating: [], count: lengths.count)
        var next = 0
        for length in 1..<16 {
            next *= 2
            for symbol in lengths.indices where lengths[symbol] == length {
                codes[symbol] = (0..<length).reversed().map { next >> $0 & 1 == 1 }
                next += 1
            }
        }
        return codes
    }

    private static func write(_ frequencies: [Int], _ lengths: [Int], _ numbers: inout [UInt8]) {
        let used = frequencies.indices.filter { frequencies[$0] > 0 }
        if used.isEmpty {
            numbers.append(0)
        } else if used.count == 1 {
            numbers += [1] + [0, 4, 8].map { UInt8(used[0] >> $0 & 15) }
        } else {
            numbers.append(2)
            var rest = lengths.map { $0 == 0 ? UInt8(13) : UInt8($0) }[...]
            while let first = rest.first {
                let run = rest.prefix { $0 == first }.count
                rest = rest.dropFirst(run)
                numbers.append(first)
                var left = run - 1
                while left >= 3 {
                    numbers += [0, UInt8(min(left, 18) - 3)]
                    left -= min(left, 18)
                }
                numbers += [UInt8](repeating: first, count: left)
            }
        }
    }

    private static func pack(_ bits: [Bool]) -> [UInt8] {
        stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<min(start + 8, bits.count)].reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
                as UInt8
        }
    }
}
