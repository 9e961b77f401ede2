// Packs at the end of their lives: sweeping what a dead owner left, removing what holds nothing.

internal import Basics
internal import LMDB

extension Packs {
    /// Sweeps the packs that nobody writes to and that were not swept.
    ///
    /// - Complexity: O(packs + records of those packs).
    func sweepUnowned() throws {
        var unswept: [PackID] = []
        try catalog.environment.read { transaction in
            try transaction.scan(catalog.packs) { id, record in
                if !record.isSwept { unswept.append(id) }
                return true
            }
        }
        for id in unswept {
            guard let lock = try ownership.tryLock(StoreLocks.pack(id)) else { continue }
            try withExtendedLifetime(lock) {
                // Its last writer may have committed more before giving up the lock.
                let record = try catalog.environment.read { try $0.get(catalog.packs, id) }
                if let record, !record.isSwept { try sweep(id, end: record.committedEnd) }
            }
        }
    }

    /// Removes the records of sealed packs without live ranges, where that is possible: nobody
    /// writes to them, and nobody can still see what they held. Their files are to be removed
    /// next, with the locks held that are returned. What a dead owner left in them, committed by
    /// nobody, goes with the files, so they need not be swept.
    ///
    /// One transaction takes as many as have ``removalEntryCount`` entries together: each costs a
    /// sync.
    ///
    /// - Parameter candidates: those that were looked at are taken from it.
    func removeDeadRecords(
        of candidates: inout ArraySlice<PackID>, horizon: UInt64
    ) throws -> [(id: PackID, lock: ByteLock)] {
        var removed: [(id: PackID, lock: ByteLock)] = []
        try catalog.environment.write { transaction in
            var entryCount = 0
            while entryCount < Self.removalEntryCount, let id = candidates.popFirst() {
                guard let lock = try ownership.tryLock(StoreLocks.pack(id)) else { continue }
                try withExtendedLifetime(lock) {
                    guard
                        let count = try removeDeadRecord(id, horizon: horizon, in: transaction)
                    else { return }
                    entryCount += count
                    removed.append((id, lock))
                }
            }
        }
        return removed
    }

    private static let removalEntryCount = 65_536

    /// Removes a pack's record, and says with how many entries; `nil` when it has to stay. The
    /// caller holds the pack's lock.
    private func removeDeadRecord(
        _ id: PackID, horizon: UInt64, in transaction: borrowing WriteTransaction
    ) throws -> Int? {
        guard let record = try transaction.get(catalog.packs, id), record.state == .sealed,
            try !catalog.isLive(id, in: transaction)
        else { return nil }
        var isVisible = false
        var freed: [ExtentKey] = []
        try transaction.scan(catalog.freeRanges, prefix: id.keyBytes) { key, range in
            isVisible = isVisible || range.freedBy > horizon
            freed.append(key)
            return !isVisible
        }
        guard !isVisible else { return nil }
        for key in freed { try transaction.delete(catalog.freeRanges, key) }
        var punched: [ExtentKey] = []
        try transaction.scan(catalog.holes, prefix: id.keyBytes) { key, _ in
            punched.append(key)
            return true
        }
        for key in punched { try transaction.delete(catalog.holes, key) }
        try transaction.delete(catalog.packs, id)
        return freed.count + punched.count
    }

    /// Removes the files of packs whose records are gone, several at once: file systems give the
    /// blocks of large files back slowly, and mostly wait for the disk. What is left when it is cut
    /// short has no record, see ``removeOrphans()``.
    ///
    /// - Parameter letGo: called with each before, on the thread that removes it, to end what uses
    ///   the file: blocks of one that is mapped are given back more slowly.
    func removeFiles(
        of ids: [PackID], letGo: @escaping @Sendable (PackID) -> Void
    ) throws {
        struct Progress {
            var next = 0
            var failure: (any Error)?
        }
        let progress = Monitor(Progress())
        let removal: @Sendable () -> Void = { [self] in
            while true {
                let id = progress.withLock { progress -> PackID? in
                    guard progress.failure == nil, progress.next < ids.count else { return nil }
                    progress.next += 1
                    return ids[progress.next - 1]
                }
                guard let id else { return }
                do {
                    letGo(id)
                    try removeFile(of: id)
                } catch {
                    progress.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
        var threads: [WorkerThread] = []
        defer { for thread in threads { thread.join() } }
        for _ in 1..<min(Self.removalThreadCount, max(1, ids.count)) {
            threads.append(try WorkerThread(name: "pack removal", removal))
        }
        removal()
        for thread in threads { thread.join() }
        threads = []
        try progress.withLock { if let failure = $0.failure { throw failure } }
        if !ids.isEmpty { try FileSystem.synchronizeDirectory(directory) }
    }

    private static let removalThreadCount = 4

    /// Removes files that no record knows: their packs were removed, but not their names.
    func removeOrphans() throws {
        var hasRemoved = false
        for name in try FileSystem.names(in: directory) where name.hasSuffix(".pack") {
            guard name.utf8.count == 21, let number = UInt64(name.prefix(16), radix: 16),
                case let id = PackID(number: number), path(of: id).hasSuffix(name),
                let lock = try ownership.tryLock(StoreLocks.pack(id))
            else { continue }
            try withExtendedLifetime(lock) {
                if try catalog.environment.read({ try $0.get(catalog.packs, id) }) == nil {
                    try removeFile(of: id)
                    hasRemoved = true
                }
            }
        }
        if hasRemoved { try FileSystem.synchronizeDirectory(directory) }
    }

    /// Removes a pack's file. Its blocks are punched first: a process that has it mapped would
    /// keep them.
    private func removeFile(of id: PackID) throws {
        do throws(AssetError) {
            let file = try File(path(of: id), [.write])
            let byteCount = try file.byteCount()
            if byteCount > 0 { _ = try file.punchHole(0..<byteCount) }
        } catch {
            guard error.code == .inputMissing else { throw error }
        }
        try FileSystem.removeFile(path(of: id))
    }
}
