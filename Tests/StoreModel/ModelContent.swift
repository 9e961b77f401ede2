// Bytes with a number: what random operations store, and two stores can be told to expect.

internal import AssetStore
internal import Basics
internal import Synchronization
internal import TestSupport

/// Contents by number. Which bytes a number stands for never changes, so that equal numbers are
/// equal content, in every process.
package enum ModelContent {
    /// Those of one part, from none to 80,000 bytes; every other one is packable. No two are equal.
    package static let small = 0..<300
    /// Those of several parts, which are costly.
    package static let large = 1000..<1006

    private static let known = Mutex<[Int: [UInt8]]>([:])
    private static let packed = Mutex<[Int: [Int]]>([:])

    package static func bytes(_ number: Int) -> [UInt8] {
        known.withLock { known in
            if let bytes = known[number] { return bytes }
            let bytes = make(number)
            known[number] = bytes
            return bytes
        }
    }

    private static func make(_ number: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number) << 20)
        let byteCount =
            if large.contains(number) {
                Limits.partByteCount + Int.random(in: 0...Limits.partByteCount / 3, using: &random)
            } else {
                switch number {
                case 0: 0
                case 2: 1
                case _ where number % 10 == 1: Int.random(in: 20_000...80_000, using: &random)
                default: Int.random(in: 8...3000, using: &random)
                }
            }
        if byteCount == 0 { return [] }
        // The number itself goes first: no two of a length are equal by chance.
        let seed = random.bytes(64)
        let start = (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            for index in 0..<byteCount {
                unsafe buffer[index] = index < 8 ? start[index] : seed[index % 64]
            }
            if number % 2 == 1 {
                let words = byteCount / 8
                unsafe buffer.baseAddress!.withMemoryRebound(to: UInt64.self, capacity: words) {
                    for word in 1..<max(1, words) { unsafe $0[word] = random.next() }
                }
            }
            count = byteCount
        }
    }

    /// What the parts of a content take in packs.
    package static func storedParts(_ number: Int, isPackable: Bool) throws -> [Int] {
        let bytes = bytes(number)
        let parts = stride(from: 0, to: bytes.count, by: Limits.partByteCount).map {
            $0..<min($0 + Limits.partByteCount, bytes.count)
        }
        guard isPackable else { return parts.map(\.count) }
        if let known = packed.withLock({ $0[number] }) { return known }
        // How small zstd makes a part is the packer's business.
        let packer = PayloadPacker()
        let counts = try parts.map { part in
            unsafe try packer.pack(bytes.span.bytes.extracting(part))?.count ?? part.count
        }
        packed.withLock { $0[number] = counts }
        return counts
    }

    package static func isEqual(_ bytes: RawSpan, _ number: Int) -> Bool {
        let expected = self.bytes(number)
        return unsafe bytes.isEqual(to: expected.span.bytes)
    }
}
