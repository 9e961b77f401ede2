// Prefix codes: from how often symbols occur to the lengths of their codes, to the codes, and to
// tables for unpacking. The same everywhere: all arithmetic is of integers, all ties are decided.

internal import Basics

/// Canonical prefix codes, whose bits are sent from the lowest up.
///
/// Codes are given in order of length, then of symbol, counting up as in RFC 1951; each is then
/// turned around, so that its first bit is the lowest.
enum PrefixCode {
    /// Lengths of codes for symbols that occur `frequencies` times, by Huffman's algorithm.
    ///
    /// Symbols with frequency 0 get no code (length 0). A single symbol gets length 0, too: it goes
    /// without saying. When a code would be longer than `lengthMax`, the frequencies are halved,
    /// rounding up, until none is.
    static func lengths(_ frequencies: [UInt32], lengthMax: Int) -> [UInt8] {
        var lengths = [UInt8](repeating: 0, count: frequencies.count)
        // Frequency above, symbol below: sorting decides ties by the symbol.
        var leaves: [UInt64] = []
        for (symbol, frequency) in frequencies.enumerated() where frequency > 0 {
            leaves.append(UInt64(frequency) << 16 | UInt64(symbol))
        }
        guard leaves.count > 1 else { return lengths }
        leaves.sort()
        while true {
            let depths = depths(of: leaves)
            if depths.max() ?? 0 <= lengthMax {
                for (leaf, depth) in zip(leaves, depths) {
                    lengths[Int(leaf & 0xFFFF)] = UInt8(depth)
                }
                return lengths
            }
            for index in leaves.indices {
                let frequency = leaves[index] >> 16
                leaves[index] = ((frequency + 1) / 2) << 16 | leaves[index] & 0xFFFF
            }
            // Halving makes frequencies equal that were not, and ties go by the symbol.
            leaves.sort()
        }
    }

    /// Depths of sorted leaves in Huffman's tree. Of two equal weights a leaf goes before an inner
    /// node, and an older inner node before a newer one.
    private static func depths(of leaves: [UInt64]) -> [Int] {
        let count = leaves.count
        // Nodes: leaves first, then inner nodes in the order in which they are made.
        var weights = leaves.map { $0 >> 16 }
        var parents = [Int](repeating: 0, count: 2 * count - 1)
        weights.reserveCapacity(2 * count - 1)
        var (leaf, inner) = (0, count)
        for made in count..<2 * count - 1 {
            var weight: UInt64 = 0
            for _ in 0..<2 {
                let node: Int
                if leaf < count && (inner == made || weights[leaf] <= weights[inner]) {
                    node = leaf
                    leaf += 1
                } else {
                    node = inner
                    inner += 1
                }
                weight += weights[node]
                parents[node] = made
            }
            weights.append(weight)
        }
        var depths = [Int](repeating: 0, count: 2 * count - 1)
        for node in stride(from: 2 * count - 3, through: 0, by: -1) {
            depths[node] = depths[parents[node]] + 1
        }
        depths.removeLast(count - 1)
        return depths
    }

    /// Calls `body` with each symbol that has a code, its code and its length, in canonical order.
    static func forEachCode(
        _ lengths: ArraySlice<UInt8>, _ body: (_ symbol: Int, _ code: UInt32, _ length: Int) -> Void
    ) {
        var counts = [Int](repeating: 0, count: 16)
        for length in lengths { counts[Int(length)] += 1 }
        var next = [UInt32](repeating: 0, count: 16)
        for length in 2..<16 { next[length] = (next[length - 1] + UInt32(counts[length - 1])) << 1 }
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let length = Int(length)
            let turned = next[length].bitReversed >> (32 - UInt32(length))
            next[length] += 1
            body(symbol, turned, length)
        }
    }

    /// Whether the codes leave nothing out and don't overlap.
    static func isComplete(_ lengths: ArraySlice<UInt8>) -> Bool {
        lengths.reduce(0) { $1 == 0 ? $0 : $0 + 1 << (16 - Int($1)) } == 1 << 16
    }
}

extension UInt32 {
    /// The 32 bits in reverse order.
    fileprivate var bitReversed: UInt32 {
        var value = self
        value = value >> 1 & 0x5555_5555 | (value & 0x5555_5555) << 1
        value = value >> 2 & 0x3333_3333 | (value & 0x3333_3333) << 2
        value = value >> 4 & 0x0F0F_0F0F | (value & 0x0F0F_0F0F) << 4
        return value.byteSwapped
    }
}
