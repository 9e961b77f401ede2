// Finds names again without keeping them: a table of places in the directory. A million names cost
// 16 MiB, however long they are.

/// Which names there are, and where their records stand. A hash table with open addressing, whose
/// slots hold 32 bits of a name's hash and 32 bits of a place; the names themselves are read again
/// where the hashes agree. Not thread-safe while it is filled.
///
/// The hash is seeded anew in every process, so that no archive can be made whose names collide.
struct NameTable: Sendable {
    /// Hash in the upper half, the place plus one in the lower; 0 is a free slot.
    private var slots: [UInt64]
    private(set) var count = 0

    init(expectedCount: Int = 0) {
        var capacity = 64
        while capacity < expectedCount * 2 { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity)
    }

    static func hash(_ foldedName: String) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(foldedName)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// The first place with this hash that `isWanted` says yes to.
    func place<Failure: Error>(
        hash: UInt32, _ isWanted: (_ place: UInt32) throws(Failure) -> Bool
    ) throws(Failure) -> UInt32? {
        let mask = slots.count - 1
        var index = Int(hash) & mask
        while slots[index] != 0 {
            if UInt32(slots[index] >> 32) == hash {
                let place = UInt32(truncatingIfNeeded: slots[index]) - 1
                if try isWanted(place) { return place }
            }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Adds a place, which must be less than 2³² − 1.
    mutating func insert(hash: UInt32, place: UInt32) {
        // At most two thirds are taken, so that every search finds a free slot soon.
        if (count + 1) * 3 > slots.count * 2 { grow() }
        Self.insert(UInt64(hash) << 32 | UInt64(place + 1), into: &slots)
        count += 1
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: slots.count * 2)
        for slot in slots where slot != 0 { Self.insert(slot, into: &larger) }
        slots = larger
    }

    private static func insert(_ slot: UInt64, into slots: inout [UInt64]) {
        let mask = slots.count - 1
        var index = Int(slot >> 32) & mask
        while slots[index] != 0 { index = (index + 1) & mask }
        slots[index] = slot
    }
}
