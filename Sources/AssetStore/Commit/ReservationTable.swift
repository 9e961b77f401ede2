// What the processes that have a store open have reserved and not committed yet: a table in shared
// memory, where nothing has to last. An entry counts as long as its process lives.
//
//   OFFSET  SIZE  MEANING
//        0     8  the owner: the number of a lock that its process holds; 0 for no entry
//        8     8  the scope: a project's number, 0 for the whole store
//       16     8  bytes that are reserved
//       24     8  bytes of those being committed
//       32     8  the transaction that commits them
//
// Integers are in the machine's order. Entries follow each other without a gap.

internal import Basics

/// The entries of all processes. Used with the table's lock held.
struct ReservationTable {
    struct Entry: Equatable {
        var owner: UInt64
        var scope: UInt64
        var reserved: UInt64
        var committing: UInt64
        var transaction: UInt64

        /// What the entry adds to the usage that is seen at `moment`.
        func byteCount(at moment: UInt64) -> Int {
            // What is committed by then is usage already.
            let isCounted = committing > 0 && transaction <= moment
            return Int(clamping: reserved) + (isCounted ? 0 : Int(clamping: committing))
        }
    }

    static let entryByteCount = 40
    static let entryCount = 4096

    private let memory: SharedMemory

    init(path: String) throws(AssetError) {
        memory = try SharedMemory(path: path, byteCount: Self.entryCount * Self.entryByteCount)
    }

    subscript(index: Int) -> Entry {
        get {
            unsafe memory.withBytes { bytes in
                func word(_ number: Int) -> UInt64 {
                    unsafe bytes.load(
                        fromByteOffset: index * Self.entryByteCount + number * 8, as: UInt64.self)
                }
                return Entry(
                    owner: word(0), scope: word(1), reserved: word(2), committing: word(3),
                    transaction: word(4))
            }
        }
        nonmutating set {
            unsafe memory.withBytes { bytes in
                // The owner last: an entry is either whole or nobody's.
                for (number, word) in [
                    (1, newValue.scope), (2, newValue.reserved), (3, newValue.committing),
                    (4, newValue.transaction), (0, newValue.owner),
                ] {
                    unsafe bytes.storeBytes(
                        of: word, toByteOffset: index * Self.entryByteCount + number * 8,
                        as: UInt64.self)
                }
            }
        }
    }

    /// The entries that are somebody's, and the place of one that is nobody's.
    func occupied() -> (entries: [(index: Int, entry: Entry)], free: Int?) {
        var entries: [(index: Int, entry: Entry)] = []
        var free: Int?
        for index in 0..<Self.entryCount {
            let entry = self[index]
            if entry.owner != 0 {
                entries.append((index, entry))
            } else if free == nil {
                free = index
            }
        }
        return (entries, free)
    }
}
