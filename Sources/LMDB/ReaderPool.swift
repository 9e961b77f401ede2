// Read transactions that are kept for the next reader: beginning one from nothing takes memory, a
// lock over all processes and a search for a slot, giving it a snapshot again takes two writes.

internal import CLMDB
internal import Glibc
internal import Synchronization

/// Read transactions that are not in use, at most 32. Thread-safe, without locks.
///
/// One that lies here was reset: it sees no moment, so it keeps no page of the file from being
/// used again. It does keep its slot among those of the readers of all processes.
@safe final class ReaderPool: @unchecked Sendable {
    // @unchecked: places are atomics; who has exchanged a transaction out of one owns it.
    private let places: UnsafeMutablePointer<Place>
    private let countMax: Int

    /// One cache line, so that threads which keep to different places don't disturb each other.
    private struct Place: ~Copyable {
        /// The address of a transaction, 0 for none.
        let transaction = Atomic<UInt>(0)
        let padding: (UInt, UInt, UInt, UInt, UInt, UInt, UInt) = (0, 0, 0, 0, 0, 0, 0)
    }

    init(countMax: Int) {
        self.countMax = min(countMax, 32)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: max(self.countMax, 1) * MemoryLayout<Place>.stride, alignment: 64)
        unsafe places = unsafe memory.bindMemory(to: Place.self, capacity: max(self.countMax, 1))
        for index in 0..<self.countMax { unsafe (places + index).initialize(to: Place()) }
    }

    deinit {
        unsafe places.deinitialize(count: countMax)
        unsafe UnsafeMutableRawPointer(places).deallocate()
    }

    /// An idle transaction, which must be renewed; `nil` when there is none.
    func take() -> OpaquePointer? {
        let first = firstPlace
        for step in 0..<countMax {
            let index = (first &+ step) % countMax
            guard unsafe places[index].transaction.load(ordering: .relaxed) != 0 else { continue }
            let address = unsafe places[index].transaction.exchange(0, ordering: .acquiring)
            if address != 0 { return unsafe OpaquePointer(bitPattern: address) }
        }
        return nil
    }

    /// Keeps a transaction that was reset; false when there is no room, so that it must be ended.
    func keep(_ transaction: OpaquePointer) -> Bool {
        let first = firstPlace
        for step in 0..<countMax {
            let index = (first &+ step) % countMax
            guard unsafe places[index].transaction.load(ordering: .relaxed) == 0 else { continue }
            let address = UInt(bitPattern: transaction)
            if unsafe places[index].transaction.compareExchange(
                expected: 0, desired: address, ordering: .releasing
            ).exchanged {
                return true
            }
        }
        return false
    }

    /// Ends all idle transactions.
    func removeAll() {
        while let transaction = unsafe take() { unsafe mdb_txn_abort(transaction) }
    }

    /// Where this thread looks first: a place of its own as long as threads are few.
    private var firstPlace: Int {
        Int(truncatingIfNeeded: (UInt64(pthread_self()) &* 0x9E37_79B9_7F4A_7C15) >> 59)
    }
}
