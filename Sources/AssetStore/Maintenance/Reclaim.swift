// Giving disk blocks of what was removed back, without rewriting what lives.
//
// A freed range may still be seen by a reader of an earlier moment, in this or another process; it
// waits until none is left. Then neighbouring ranges are taken together, the whole blocks inside
// are punched as holes, and one record takes the place of theirs. Packs are never written twice at
// one place, so a hole stays one. A sealed pack that holds nothing any more is removed.

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

extension Store {
    /// Gives the disk blocks of what was removed back to the file system, while others read and
    /// write. When it is cut short, the next call goes on.
    ///
    /// - Parameter isCancelled: asked between packs.
    /// - Throws: ``AssetError/Code/busy`` when another process does it,
    ///   ``AssetError/Code/cancelled``, ``AssetError/Code/io``.
    /// - Complexity: O(packs + free ranges), no payload is read or moved.
    public func reclaim(isCancelled: () -> Bool = { false }) throws -> ReclaimReport {
        guard let lock = try ownership.tryLock(StoreLocks.reclaim) else {
            throw AssetError(.busy, "another process gives disk blocks back; wait for it")
        }
        return try withExtendedLifetime(lock) {
            func check() throws {
                if isCancelled() { throw AssetError(.cancelled, "reclaiming was interrupted") }
            }
            var report = ReclaimReport()
            try packs.sweepSealed()
            try packs.removeOrphans()
            let horizon = try catalog.environment.horizon()
            for pack in try catalog.packs(withRangesToPunch: horizon, &report) {
                try check()
                try punch(pack, horizon: horizon, &report)
            }
            for pack in try catalog.deadPacks() {
                try check()
                let byteCount = try FileSystem.diskByteCount(of: packs.path(of: pack)) ?? 0
                guard try packs.removeDead(pack, horizon: horizon) else { continue }
                packReader.forget(pack)
                report.freedByteCount += byteCount
                report.removedPackCount += 1
            }
            return report
        }
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
                for run in runs { try catalog.join(run, in: transaction) }
            }
            next = end
        }
        let after = try FileSystem.diskByteCount(of: path) ?? 0
        report.freedByteCount += max(0, before - after)
    }
}

/// Free ranges of a pack that lie side by side.
private struct FreeRun {
    var keys: [ExtentKey]
    var byteCount: UInt64
    var freedBy: UInt64
    var needsPunching: Bool

    var end: UInt64 { keys[0].offset + byteCount }

    /// The blocks of the file that lie in the run entirely.
    var wholeBlocks: Range<Int> {
        let start = (Int(keys[0].offset) + Self.blockByteCount - 1) & ~(Self.blockByteCount - 1)
        return start..<max(start, Int(end) & ~(Self.blockByteCount - 1))
    }

    /// What file systems allocate at least; a smaller hole would free nothing.
    static let blockByteCount = 4096
}

extension Catalog {
    /// The packs with free ranges that nobody sees and that were not punched. Counts what waits.
    fileprivate func packs(
        withRangesToPunch horizon: UInt64, _ report: inout ReclaimReport
    ) throws -> [PackID] {
        var found: [PackID] = []
        try environment.read { transaction in
            try transaction.scan(freeRanges) { key, range in
                if range.freedBy > horizon {
                    report.waitingByteCount += Int(range.byteCount)
                } else if !range.isPunched, found.last != key.pack {
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

    /// Runs of a pack's free ranges that nobody sees, those with something to punch; and where to
    /// go on, `nil` at the end. Memory is bounded: a run may be cut where a chunk ends.
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
                count += 1
                guard range.freedBy <= horizon else { return true }
                if let last = runs.last, last.end == key.offset {
                    runs[runs.count - 1].keys.append(key)
                    runs[runs.count - 1].byteCount += range.byteCount
                    runs[runs.count - 1].freedBy = max(last.freedBy, range.freedBy)
                    runs[runs.count - 1].needsPunching =
                        last.needsPunching || !range.isPunched
                } else {
                    runs.append(
                        FreeRun(
                            keys: [key], byteCount: range.byteCount, freedBy: range.freedBy,
                            needsPunching: !range.isPunched))
                }
                return true
            }
        }
        return (runs.filter(\.needsPunching), next)
    }

    /// Puts one punched range in the place of a run's.
    fileprivate func join(
        _ run: FreeRun, in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        for key in run.keys { try transaction.delete(freeRanges, key) }
        try transaction.put(
            freeRanges, run.keys[0],
            FreeRangeRecord(byteCount: run.byteCount, freedBy: run.freedBy, isPunched: true))
    }
}
