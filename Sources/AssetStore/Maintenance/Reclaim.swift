// Giving disk blocks of what was removed back, without rewriting what lives.
//
// A freed range may still be seen by a reader of an earlier moment, in this or another process; it
// waits in `freeRanges` until none is left. Then neighbouring ranges are taken together, the whole
// blocks inside are punched as holes, and one record in `holes` takes the place of theirs. Packs are
// never written twice at one place, so a hole stays one. A sealed pack that holds nothing any more
// is removed.

internal import Basics
internal import LMDB

/// What was given back.
public struct ReclaimReport: Equatable, Sendable {
    /// Bytes of disk blocks that the packs take less than before.
    public var freedByteCount = 0
    /// Packs that held nothing any more.
    public var removedPackCount = 0
    /// Bytes of removed things that readers may still see; a later call gives them back.
    public var waitingByteCount = 0

    public init() {}
}

/// What ``Store/reclaim(_:isCancelled:)`` looks at.
public enum ReclaimScope: Sendable {
    /// All packs: also those that a process left in the middle of something.
    case everything
    /// What was freed since the last time.
    case freed
}

extension Store {
    /// Gives the disk blocks of what was removed back to the file system, while others read and
    /// write. When it is cut short, the next call goes on. With ``ReclaimScope/everything``, what
    /// imports stored that were interrupted more than a day ago is removed first.
    ///
    /// - Parameter isCancelled: asked between packs.
    /// - Throws: ``AssetError/Code/busy`` when another process does it,
    ///   ``AssetError/Code/cancelled``, ``AssetError/Code/io``.
    /// - Complexity: O(ranges freed since the last time), with ``ReclaimScope/everything``
    ///   O(packs) more; no payload is read or moved.
    public func reclaim(
        _ scope: ReclaimScope = .everything, isCancelled: () -> Bool = { false }
    ) throws -> ReclaimReport {
        // Threads of this process take turns.
        try reclaiming.withLock { _ in
            guard let lock = try ownership.tryLock(StoreLocks.reclaim) else {
                throw AssetError(.busy, "another process gives disk blocks back; wait for it")
            }
            defer { withExtendedLifetime(lock) {} }
            var report = ReclaimReport()
            if scope == .everything {
                try discardStagedProjects(
                    untouchedSince: Timestamp.now().advanced(bySeconds: -Self.stagingSeconds))
                try clearRemovals(isCancelled: isCancelled)
                // What is dead needs neither sweeping nor holes.
                try removePacks(try catalog.deadPacks(), &report, isCancelled)
                try packs.sweepUnowned()
                try packs.removeOrphans()
            }
            try reclaimFreed(&report, isCancelled)
            if scope == .everything {
                try removePacks(try catalog.deadPacks(), &report, isCancelled)
            }
            return report
        }
    }

    /// How long an import that was interrupted waits for somebody to go on with it.
    private static let stagingSeconds = 24.0 * 3600

    private func reclaimFreed(
        _ report: inout ReclaimReport, _ isCancelled: () -> Bool
    ) throws {
        let horizon = try catalog.environment.horizon()
        var packs = try catalog.packs(withRangesFreedBy: horizon, &report)
        // What is dead needs no holes.
        try removePacks(packs, &report, isCancelled)
        packs = try packs.filter { try catalog.isThere($0) }
        for pack in packs {
            try check(isCancelled)
            try punch(pack, horizon: horizon, &report)
        }
        try removePacks(packs, &report, isCancelled)
    }

    private func removePacks(
        _ candidates: [PackID], _ report: inout ReclaimReport, _ isCancelled: () -> Bool
    ) throws {
        var dead = ArraySlice(try candidates.filter { try catalog.isDead($0) })
        if dead.isEmpty { return try check(isCancelled) }
        let horizon = try catalog.environment.horizon()
        var removed: [(id: PackID, lock: ByteLock)] = []
        while !dead.isEmpty, !isCancelled() {
            removed += try packs.removeDeadRecords(of: &dead, horizon: horizon)
        }
        let ids = removed.map(\.id)
        var byteCount = 0
        for id in ids { byteCount += try FileSystem.diskByteCount(of: packs.path(of: id)) ?? 0 }
        try withExtendedLifetime(removed) {
            try packs.removeFiles(of: ids) { [packReader] in packReader.forget($0) }
        }
        report.freedByteCount += byteCount
        report.removedPackCount += ids.count
        try check(isCancelled)
    }

    private func check(_ isCancelled: () -> Bool) throws {
        if isCancelled() { throw AssetError(.cancelled, "reclaiming was interrupted") }
    }

    /// Punches the free ranges of one pack that nobody can see.
    private func punch(_ pack: PackID, horizon: UInt64, _ report: inout ReclaimReport) throws {
        let path = packs.path(of: pack)
        guard let before = try FileSystem.diskByteCount(of: path) else { return }
        let file = try File(path, [.write])
        var next: [UInt8]? = pack.keyBytes
        while let start = next {
            let (runs, end) = try catalog.freeRuns(of: pack, from: start, horizon: horizon)
            for run in runs {
                let blocks = run.wholeBlocks
                if !blocks.isEmpty, try !file.punchHole(blocks) { return }
            }
            // The catalog must not call holes what a power loss could fill again.
            try file.synchronizeData()
            try catalog.environment.write { transaction in
                for run in runs { try catalog.enterHole(run, in: transaction) }
            }
            next = end
        }
        let after = try FileSystem.diskByteCount(of: path) ?? 0
        report.freedByteCount += max(0, before - after)
    }
}

/// Free ranges of a pack that lie side by side, and the holes beside them.
private struct FreeRun {
    var pack: PackID
    var offset: UInt64
    var byteCount: UInt64
    var rangeOffsets: [UInt64]
    var holeOffsets: [UInt64] = []

    var end: UInt64 { offset + byteCount }

    /// The blocks of the file that lie in the run entirely.
    var wholeBlocks: Range<Int> {
        let start = (Int(offset) + Self.blockByteCount - 1) & ~(Self.blockByteCount - 1)
        return start..<max(start, Int(end) & ~(Self.blockByteCount - 1))
    }

    /// What file systems allocate at least; a smaller hole would free nothing.
    static let blockByteCount = 4096
}

extension Catalog {
    /// The packs with free ranges that nobody sees. Counts what waits.
    fileprivate func packs(
        withRangesFreedBy horizon: UInt64, _ report: inout ReclaimReport
    ) throws -> [PackID] {
        var found: [PackID] = []
        try environment.read { transaction in
            try transaction.scan(freeRanges) { key, range in
                if range.freedBy > horizon {
                    report.waitingByteCount += Int(range.byteCount)
                } else if found.last != key.pack {
                    found.append(key.pack)
                }
                return true
            }
        }
        return found
    }

    /// The sealed packs without live ranges.
    fileprivate func deadPacks() throws -> [PackID] {
        var dead: [PackID] = []
        try environment.read { transaction in
            try transaction.scan(packs) { id, record in
                if record.state == .sealed, try !isLive(id, in: transaction) { dead.append(id) }
                return true
            }
        }
        return dead
    }

    fileprivate func isThere(_ id: PackID) throws -> Bool {
        try environment.read { try $0.get(packs, id) != nil }
    }

    fileprivate func isDead(_ id: PackID) throws -> Bool {
        try environment.read { transaction in
            guard let record = try transaction.get(packs, id) else { return false }
            return try record.state == .sealed && !isLive(id, in: transaction)
        }
    }

    /// Runs of a pack's free ranges that nobody sees, and where to go on, `nil` at the end. Memory
    /// is bounded: a run may be cut where a chunk ends.
    fileprivate func freeRuns(
        of pack: PackID, from start: [UInt8], horizon: UInt64
    ) throws -> (runs: [FreeRun], next: [UInt8]?) {
        var (runs, next, count): ([FreeRun], [UInt8]?, Int) = ([], nil, 0)
        try environment.read { transaction in
            try transaction.scan(freeRanges, prefix: pack.keyBytes, from: start) { key, range in
                guard count < 16_384 else {
                    next = key.keyBytes
                    return false
                }
                guard range.freedBy <= horizon else { return true }
                count += 1
                if let last = runs.last, last.end == key.offset {
                    runs[runs.count - 1].rangeOffsets.append(key.offset)
                    runs[runs.count - 1].byteCount += range.byteCount
                } else {
                    runs.append(
                        FreeRun(
                            pack: pack, offset: key.offset, byteCount: range.byteCount,
                            rangeOffsets: [key.offset]))
                }
                return true
            }
            for index in runs.indices { try extend(&runs[index], in: transaction) }
            runs = joined(runs)
        }
        return (runs, next)
    }

    /// Takes the holes on both sides of a run into it: the blocks that they share can be punched
    /// now.
    private func extend(
        _ run: inout FreeRun, in transaction: borrowing ReadTransaction
    ) throws {
        let start = ExtentKey(pack: run.pack, offset: run.offset)
        if let hole = try transaction.entry(before: start, in: holes),
            hole.key.pack == run.pack, hole.key.offset + hole.value.byteCount == run.offset
        {
            run.holeOffsets.append(hole.key.offset)
            run.offset = hole.key.offset
            run.byteCount += hole.value.byteCount
        }
        let end = ExtentKey(pack: run.pack, offset: run.end)
        if let hole = try transaction.get(holes, end) {
            run.holeOffsets.append(end.offset)
            run.byteCount += hole.byteCount
        }
    }

    /// Runs with those that took the same hole into themselves as one: each would put a hole over
    /// the other's.
    private func joined(_ runs: [FreeRun]) -> [FreeRun] {
        var joined: [FreeRun] = []
        for run in runs {
            guard let last = joined.last, run.offset < last.end else {
                joined.append(run)
                continue
            }
            joined[joined.count - 1].byteCount = max(last.end, run.end) - last.offset
            joined[joined.count - 1].rangeOffsets += run.rangeOffsets
            joined[joined.count - 1].holeOffsets += run.holeOffsets
        }
        return joined
    }

    /// Puts one hole in the place of a run's ranges and holes.
    fileprivate func enterHole(
        _ run: FreeRun, in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        for offset in run.rangeOffsets {
            try transaction.delete(freeRanges, ExtentKey(pack: run.pack, offset: offset))
        }
        for offset in run.holeOffsets {
            try transaction.delete(holes, ExtentKey(pack: run.pack, offset: offset))
        }
        try transaction.put(
            holes, ExtentKey(pack: run.pack, offset: run.offset),
            HoleRecord(byteCount: run.byteCount))
    }
}
