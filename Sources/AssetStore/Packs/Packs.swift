// Where payloads are written: the packs that this process owns.
//
// A pack is written by one process, which holds a lock on the pack's number. Its catalog record is
// committed before its file is made, and removed before the file is, so a file without a record
// is garbage, and a record without a file is a pack that never got one.

internal import Basics
internal import LMDB

/// The packs of a store, as this process writes them. Thread-safe.
final class Packs: Sendable {
    /// The most bytes of a pack; one record larger than that gets a pack of its own.
    static let capacity = 256 << 20

    let directory: String
    private let storeID: AssetID
    let catalog: Catalog
    let ownership: ByteLocks
    private let current = Monitor(Current())

    private struct Current {
        /// The pack that is written now; `nil` before the first write.
        var pack: OpenPack?
        /// Whether nothing is to be written any more.
        var isClosed = false
    }

    init(directory: String, storeID: AssetID, catalog: Catalog, ownership: ByteLocks) {
        self.directory = directory
        self.storeID = storeID
        self.catalog = catalog
        self.ownership = ownership
    }

    /// Writes a payload, `stored` in its stored form, into a range of its own. It is durable and part
    /// of the store once the committer has claimed it; until then it is nobody's.
    ///
    /// - Parameter durably: makes it durable at once, on the calling thread.
    func write(
        _ record: PackedRecord, _ stored: RawSpan, durably: Bool = false
    ) throws -> WrittenPayload {
        let (pack, offset) = try reserve(record.byteCount)
        let payload = record.payload(in: pack, at: offset)
        do {
            unsafe try pack.write(
                record.header.span.bytes, stored, record.description.span.bytes, at: offset,
                durably: durably)
        } catch {
            throw WriteFailure(payload: payload, error: error)
        }
        return payload
    }

    /// What goes on with a payload that was written; calls `finish` once.
    typealias Continuation =
        @Sendable (
            WrittenPayload, _ finish: @escaping @Sendable (Result<Void, any Error>) -> Void
        ) -> Void

    /// Writes a payload behind all others and lets `then` go on with it, with one after the other in
    /// the order in which they lie. Returns what was written, and what it was finished with; `nil`
    /// when the pack that is written has no room for it, or none is written yet.
    func append(
        _ record: PackedRecord, _ stored: RawSpan, then: @escaping Continuation
    ) throws -> (payload: WrittenPayload, outcome: Result<Void, any Error>)? {
        guard let pack = current.withLock({ $0.pack }) else { return nil }
        let appended = unsafe pack.append(
            record.header.span.bytes, stored, record.description.span.bytes
        ) { offset, finish in
            then(record.payload(in: pack, at: offset), finish)
        }
        switch appended {
        case .full: return nil
        case .refused(let error): throw error
        case .failed(let offset, let error):
            throw WriteFailure(payload: record.payload(in: pack, at: offset), error: error)
        case .finished(let offset, let outcome):
            return (record.payload(in: pack, at: offset), outcome)
        }
    }

    /// A payload whose range was reserved but could not be written.
    struct WriteFailure: Error {
        var payload: WrittenPayload
        var error: AssetError
    }

    /// Where the next record would go in the pack that is written; `nil` before the first.
    var currentEnd: Int? { current.withLock { $0.pack?.reservedEnd } }

    /// Lets payloads be written, again after ``close()``.
    func open() { current.withLock { $0.isClosed = false } }

    /// Gives up the pack that is written, so that the next process goes on with it. Nothing is written
    /// any more.
    func close() throws {
        let last = current.withLock { current in
            current.isClosed = true
            return current.pack.take()
        }
        guard let pack = last, !pack.hasFailed else { return }
        _ = pack.seal()
        try catalog.environment.write { transaction in
            guard var record = try transaction.get(catalog.packs, pack.id) else { return }
            try pack.file.truncate(to: Int(record.committedEnd))
            record.isSwept = pack.isSettled
            try transaction.put(catalog.packs, pack.id, record)
        }
    }

    private func reserve(_ byteCount: Int) throws -> (OpenPack, Int) {
        if byteCount > Self.capacity - PackHeader.byteCount {
            // Longer than a pack: one of its own, for this record alone.
            let pack = try create(capacity: PackHeader.byteCount + byteCount)
            let offset = try reserve(byteCount, inFresh: pack)
            try seal(pack)
            return (pack, offset)
        }
        return try current.withLock { current in
            if current.isClosed { throw AssetError.storeIsClosed }
            if let pack = current.pack, let offset = try pack.reserve(byteCount) {
                return (pack, offset)
            }
            if let full = current.pack.take() { try seal(full) }
            while let pack = try adopt() {
                if let offset = try pack.reserve(byteCount) {
                    current.pack = pack
                    return (pack, offset)
                }
                try seal(pack)
            }
            let pack = try create(capacity: Self.capacity)
            let offset = try reserve(byteCount, inFresh: pack)
            current.pack = pack
            return (pack, offset)
        }
    }

    private func reserve(_ byteCount: Int, inFresh pack: OpenPack) throws -> Int {
        guard let offset = try pack.reserve(byteCount) else {
            throw AssetError(.io, "a fresh pack has no room for \(byteCount) bytes")
        }
        return offset
    }

    /// Notes that nothing more goes into a pack. Writes into ranges that are reserved already may
    /// still be under way; its blocks beyond them are given back.
    private func seal(_ pack: OpenPack) throws {
        let end = pack.seal()
        if !pack.hasFailed { try pack.file.truncate(to: end) }
        try noteSealed(pack.id)
    }

    private func noteSealed(_ id: PackID) throws {
        try catalog.environment.write { transaction in
            guard var record = try transaction.get(catalog.packs, id) else { return }
            record.state = .sealed
            try transaction.put(catalog.packs, id, record)
            try transaction.delete(catalog.openPacks, id)
        }
    }

    private func create(capacity: Int) throws -> OpenPack {
        let (id, lock) = try catalog.environment.write { transaction in
            guard var store = try transaction.get(catalog.store, StoreKey()) else {
                throw AssetError(.damaged, "the store's own record is gone")
            }
            store.packSequence += 1
            let id = PackID(number: store.packSequence)
            // The lock comes before the record, so nobody can take the pack for abandoned.
            guard let lock = try ownership.tryLock(StoreLocks.pack(id)) else {
                throw AssetError(.busy, "pack \(id) is locked although it is new")
            }
            try transaction.put(catalog.store, StoreKey(), store)
            try transaction.put(
                catalog.packs, id,
                PackRecord(
                    state: .open, capacity: UInt64(capacity),
                    committedEnd: UInt64(PackHeader.byteCount), isSwept: true))
            try transaction.put(catalog.openPacks, id, Presence())
            return (id, lock)
        }
        return try makeFile(id, capacity: capacity, lock)
    }

    private func makeFile(_ id: PackID, capacity: Int, _ lock: ByteLock) throws -> OpenPack {
        let file = try File(path(of: id), [.write, .create, .truncate])
        unsafe try file.write(
            PackHeader(pack: id, storeID: storeID).encoded().span.bytes, at: 0)
        try file.synchronize()
        try FileSystem.synchronizeDirectory(directory)
        return try OpenPack(
            id: id, file: file, capacity: capacity, end: PackHeader.byteCount, ownership: lock)
    }

    /// Takes over an open pack that nobody owns; `nil` when there is none.
    private func adopt() throws -> OpenPack? {
        var candidates: [PackID] = []
        try catalog.environment.read { transaction in
            try transaction.scan(catalog.openPacks) { id, _ in
                candidates.append(id)
                return true
            }
        }
        for id in candidates {
            guard let lock = try ownership.tryLock(StoreLocks.pack(id)) else { continue }
            // Its owner may have sealed or emptied it before giving up the lock.
            let record = try catalog.environment.read { try $0.get(catalog.packs, id) }
            guard let record, record.state == .open else { continue }
            if let pack = try adopt(id, record, lock) { return pack }
        }
        return nil
    }

    private func adopt(_ id: PackID, _ record: PackRecord, _ lock: ByteLock) throws -> OpenPack? {
        let end = Int(record.committedEnd)
        if end == PackHeader.byteCount {
            // It holds nothing, and its owner may have died before the file was whole.
            return try makeFile(id, capacity: Int(record.capacity), lock)
        }
        guard try FileSystem.kind(of: path(of: id)) == .file,
            case let file = try File(path(of: id), [.write]), try file.byteCount() >= end
        else {
            // It held data, which is lost; reading says so. Nothing more goes into it.
            try noteSealed(id)
            return nil
        }
        if !record.isSwept { try sweep(id, end: record.committedEnd) }
        try file.truncate(to: end)
        return try OpenPack(
            id: id, file: file, capacity: Int(record.capacity), end: end, ownership: lock)
    }

    /// Frees what an owner that died had written below the committed end without committing it:
    /// the gaps between live and free ranges and holes. O(records of the pack).
    func sweep(_ id: PackID, end: UInt64) throws {
        try catalog.change { transaction, changes in
            var known: [(offset: UInt64, byteCount: UInt64)] = []
            try transaction.scan(catalog.extents, prefix: id.keyBytes) { key, record in
                known.append((key.offset, record.byteCount))
                return true
            }
            try transaction.scan(catalog.freeRanges, prefix: id.keyBytes) { key, record in
                known.append((key.offset, record.byteCount))
                return true
            }
            try transaction.scan(catalog.holes, prefix: id.keyBytes) { key, record in
                known.append((key.offset, record.byteCount))
                return true
            }
            known.sort { $0.offset < $1.offset }
            var position = UInt64(PackHeader.byteCount)
            for range in known + [(end, 0)] {
                if range.offset > position {
                    changes.free(
                        ExtentKey(pack: id, offset: position),
                        byteCount: range.offset - position)
                }
                position = max(position, range.offset + range.byteCount)
            }
            if var record = try transaction.get(catalog.packs, id) {
                record.isSwept = true
                try transaction.put(catalog.packs, id, record)
            }
        }
    }

    /// The path of a pack's file.
    func path(of id: PackID) -> String { "\(directory)/\(id).pack" }
}

/// The numbers that stand for things in the store's lock file.
enum StoreLocks {
    static func pack(_ id: PackID) -> UInt64 { id.number }
    /// Jobs lie in the upper half; two jobs that share these 61 bits can't run at the same time.
    static func job(_ id: JobID) -> UInt64 { 1 << 61 | id.low >> 3 }
    /// Giving disk blocks back is done by one process at a time.
    static let reclaim: UInt64 = 1 << 61 - 1
    /// Creating the store is done by one process at a time.
    static let creation: UInt64 = 1 << 61 - 3
    /// Reserving against quotas is done by one process at a time.
    static let admission: UInt64 = 1 << 61 - 2
    /// Putting a staged project together is done by one process at a time.
    static func staging(_ reservedName: String) -> UInt64 {
        staging(hash: unsafe checksum64(Array(reservedName.utf8).span.bytes))
    }
    /// From 2⁶⁰ up to 2⁶⁰ + 2⁵⁹, so well below the reservers.
    static func staging(hash: UInt64) -> UInt64 { 1 << 60 | hash >> 5 }
    /// A process that reserves holds one of these.
    static let reservers: Range<UInt64> = 1 << 61 - 2048..<1 << 61 - 1024
}
