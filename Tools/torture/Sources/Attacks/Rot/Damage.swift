// What becomes of bytes that lie on a disk for long, or on a bad one.

/// Damage to one file of a store.
struct Damage: Sendable {
    enum Kind: CaseIterable, Sendable {
        case flippedBit
        case flippedBits
        case otherBytes
        case zeroedSector
        case swappedSectors
        case shortened
    }

    var kind: Kind
    /// Relative to the store.
    var path: String
    /// The bytes that it touches; used to tell how much may be lost.
    private(set) var touchedByteCount = 0

    /// Chooses one.
    init(_ paths: [String], _ random: inout Random) {
        path = paths.randomElement(using: &random)!
        kind = Kind.allCases.randomElement(using: &random)!
    }

    /// Does it to a file's bytes, of which those behind the last that is not zero are left alone.
    mutating func apply(to bytes: inout [UInt8], _ random: inout Random) {
        let count = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        let place = Int.random(in: 0..<count, using: &random)
        let sector = [512, 4096].randomElement(using: &random)!
        switch kind {
        case .flippedBit, .flippedBits:
            let places = kind == .flippedBit ? 1 : Int.random(in: 2...8, using: &random)
            for _ in 0..<places {
                // Mostly close to each other.
                let near = place + Int.random(in: 0..<64, using: &random)
                bytes[min(near, count - 1)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            touchedByteCount = 64
        case .otherBytes:
            let end = min(place + Int.random(in: 1...40, using: &random), count)
            for index in place..<end { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            touchedByteCount = end - place
        case .zeroedSector:
            let start = place / sector * sector
            for index in start..<min(start + sector, bytes.count) { bytes[index] = 0 }
            touchedByteCount = sector
        case .swappedSectors:
            let one = place / sector * sector
            let other = Int.random(in: 0..<count, using: &random) / sector * sector
            for index in 0..<sector where max(one, other) + index < bytes.count {
                bytes.swapAt(one + index, other + index)
            }
            touchedByteCount = 2 * sector
        case .shortened:
            bytes.removeLast(bytes.count - place)
            touchedByteCount = count - place
        }
    }
}
