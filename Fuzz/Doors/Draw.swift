// Takes numbers and choices from bytes, so that a fuzzer that changes bytes changes them.

/// Bytes that are used up from the front. Once they are, numbers are 0.
struct Draw {
    let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isEmpty: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard !isEmpty else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// A number below `count`.
    mutating func number(below count: Int) -> Int {
        if count <= 256 { return Int(byte()) % count }
        if count <= 65536 { return Int(UInt16(byte()) | UInt16(byte()) << 8) % count }
        return Int(integer() % UInt64(count))
    }

    mutating func integer() -> UInt64 {
        (0..<8).reduce(0) { value, place in value | UInt64(byte()) << (8 * place) }
    }

    mutating func bool() -> Bool { byte() & 1 == 1 }

    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[number(below: elements.count)]
    }

    /// The bytes that are left.
    mutating func rest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[min(position, bytes.count)...])
    }
}

/// Random choices that are taken from bytes, two for each, and go on by their hash.
struct DrawnChoices: RandomNumberGenerator {
    private var draw: Draw
    private var state: UInt64

    init(_ bytes: [UInt8], seed: UInt64 = 0) {
        draw = Draw(bytes)
        state = seed
    }

    var isEmpty: Bool { draw.isEmpty }

    mutating func next() -> UInt64 {
        // SplitMix64 fills the lower bits, by which choices are not made but identifiers differ, and
        // lets generators end that draw again until a number suits them.
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        guard !draw.isEmpty else { return z }
        return UInt64(draw.byte()) << 56 | UInt64(draw.byte()) << 48 | z >> 16
    }
}
