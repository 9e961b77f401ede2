// How the lengths of a track's prefix codes are written down: a stream of 4-bit numbers.

internal import Basics

/// What is known of one alphabet's code.
enum AlphabetCode: Equatable {
    /// No symbol of it occurs.
    case unused
    /// One symbol goes without saying and takes no bits.
    case single(Int)
    /// The length of each symbol's code, 0 for none.
    case lengths([UInt8])

    /// The code for symbols that occur `frequencies` times.
    init(_ frequencies: [UInt32], lengthMax: Int) {
        let used = frequencies.indices.filter { frequencies[$0] > 0 }
        switch used.count {
        case 0: self = .unused
        case 1: self = .single(used[0])
        default: self = .lengths(PrefixCode.lengths(frequencies, lengthMax: lengthMax))
        }
    }
}

/// Writes the codes of a track: for each alphabet a number that says what follows.
///
/// 0: the alphabet is unused. 1: three numbers, a single symbol, lowest first. 2: lengths, one for
/// each symbol: 1…12 is a length, 13 none, and 0 says that the number before is repeated, n + 3
/// times more, where n is the next number.
struct CodeLengthWriter {
    private(set) var bytes: [UInt8] = []
    private var hasHalf = false

    mutating func append(_ code: AlphabetCode) {
        switch code {
        case .unused: append(number: 0)
        case .single(let symbol):
            append(number: 1)
            for shift in [0, 4, 8] { append(number: UInt8(symbol >> shift & 15)) }
        case .lengths(let lengths):
            append(number: 2)
            var index = 0
            while index < lengths.count {
                let number = lengths[index] == 0 ? 13 : lengths[index]
                let run = lengths[index...].prefix { $0 == lengths[index] }.count
                append(number: number)
                var left = run - 1
                while left >= 3 {
                    let repeated = min(left, 18)
                    append(number: 0)
                    append(number: UInt8(repeated - 3))
                    left -= repeated
                }
                for _ in 0..<left { append(number: number) }
                index += run
            }
        }
    }

    private mutating func append(number: UInt8) {
        if hasHalf {
            bytes[bytes.count - 1] |= number << 4
        } else {
            bytes.append(number)
        }
        hasHalf.toggle()
    }
}

/// Reads what ``CodeLengthWriter`` wrote; the bytes may be anything.
struct CodeLengthReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The code of the next alphabet, or `nil` when the bytes make no sense.
    mutating func next(_ alphabet: Alphabet) -> AlphabetCode? {
        switch number() {
        case 0: return .unused
        case 1:
            guard let low = number(), let middle = number(), let high = number() else { return nil }
            let symbol = Int(low) | Int(middle) << 4 | Int(high) << 8
            return symbol < alphabet.count ? .single(symbol) : nil
        case 2:
            var lengths: [UInt8] = []
            lengths.reserveCapacity(alphabet.count)
            while lengths.count < alphabet.count {
                guard let number = number() else { return nil }
                if number == 0 {
                    guard let last = lengths.last, let more = self.number() else { return nil }
                    let count = Int(more) + 3
                    guard count <= alphabet.count - lengths.count else { return nil }
                    lengths.append(contentsOf: repeatElement(last, count: count))
                } else {
                    let length = number == 13 ? 0 : number
                    guard length <= alphabet.lengthMax else { return nil }
                    lengths.append(length)
                }
            }
            return PrefixCode.isComplete(lengths[...]) ? .lengths(lengths) : nil
        default: return nil
        }
    }

    /// Whether all bytes were read, and what fills the last one is 0.
    var isAtEnd: Bool {
        position == bytes.count * 2
            || position == bytes.count * 2 - 1 && bytes[bytes.count - 1] >> 4 == 0
    }

    private mutating func number() -> UInt8? {
        guard position < bytes.count * 2 else { return nil }
        defer { position += 1 }
        return bytes[position / 2] >> UInt8(position % 2 * 4) & 15
    }
}
