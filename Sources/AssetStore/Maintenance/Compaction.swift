// Moving what lives out of packs that are mostly dead, so that they can be removed: where holes can't
// be punched, or hardly a whole block is free between what lives.
//
// Each record is copied as it is, with its description, into the pack that is written now, and one
// small change of the catalog makes the copy the payload's place, if it is still where it was. So
// nobody sees anything of it, and whoever is killed on the way has moved some records and not others.
// The old ranges are given back like any that were freed.

internal import Basics
internal import LMDB

/// What a compaction did.
public struct CompactionReport: Equatable, Sendable {
    /// Packs that were worth moving out of.
    public var packCount = 0
    public var movedRecordCount = 0
    /// Bytes of the records that were moved.
    public var movedByteCount = 0
    /// Packs that held nothing any more and were removed.
    public var removedPackCount = 0
    /// Bytes of disk blocks that packs gave back; what was moved takes some again.
    public var freedByteCount = 0
    /// Bytes of removed and moved things that readers may still see.
    public var waitingByteCount = 0
    /// Records that are damaged, and stay where they are; at most
    /// ``VerificationReport/damageCountMax``.
    public var damaged: [VerificationReport.Damage] = []
    public var damageCount = 0

    public init() {}

    mutating func add(_ reclaimed: ReclaimReport) {
        removedPackCount += reclaimed.removedPackCount
        freedByteCount += reclaimed.freedByteCount
        waitingByteCount = reclaimed.waitingByteCount
    }
}

extension Store {
    /// Moves what lives out of sealed packs whose disk blocks are mostly dead, after giving back
    /// what can be given back without, while others read and write. When it is cut short, the next
    /// call goes on.
    ///
    /// Damaged records stay where they are and are reported. The catalog's file keeps its size: its
    /// free pages are used again.
    ///
    /// - Parameters:
    ///   - liveShare: a pack is emptied when less than this share of its disk blocks lives, 0–1.
    ///   - progress: called with the bytes moved and to be moved; return false to stop with
    ///     ``AssetError/Code/cancelled``.
    /// - Throws: ``AssetError/Code/busy`` when another process gives disk blocks back for long,
    ///   ``AssetError/Code/diskFull``, ``AssetError/Code/io``, ``AssetError/Code/cancelled``.
    /// - Complexity: O(packs + ranges that live + bytes moved). Takes as much room on the disk as is
    ///   moved until old packs are removed, every few packs.
    public func compact(
        liveShare: Double = 0.5,
        progress: (_ bytesMoved: Int, _ byteCount: Int) -> Bool = { _, _ in true }
    ) throws -> CompactionReport {
        var report = CompactionReport()
        report.add(try reclaimInTurn { !progress(0, 0) })
        let packs = try mostlyDeadPacks(liveShare)
        report.packCount = packs.count
        let total = packs.reduce(0) { $0 + $1.liveByteCount }
        for (index, pack) in packs.enumerated() {
            let move = RecordMove(self)
            do {
                try empty(pack.id, by: move, &report) { progress($0, max(total, $0)) }
            } catch {
                move.finish()
                report.take(move)
                throw error
            }
            move.finish()
            report.take(move)
            try move.check()
            let isLast = index == packs.count - 1
            if isLast || index % Self.packCountBetweenReclaims == Self.packCountBetweenReclaims - 1
            {
                let moved = report.movedByteCount
                report.add(try reclaimInTurn { !progress(moved, total) })
            }
        }
        return report
    }

    /// After how many packs the old ones are given back.
    private static let packCountBetweenReclaims = 8

    private func reclaimInTurn(_ isCancelled: () -> Bool) throws -> ReclaimReport {
        try retryingWhileBusy(isCancelled) { try reclaim(isCancelled: isCancelled) }
    }

    private func mostlyDeadPacks(
        _ liveShare: Double
    ) throws -> [(id: PackID, liveByteCount: Int)] {
        var sealed: [PackID] = []
        try catalog.environment.read { transaction in
            try transaction.scan(catalog.packs) { id, record in
                if record.state == .sealed { sealed.append(id) }
                return true
            }
        }
        return try sealed.compactMap { id in
            var live = 0
            try catalog.environment.read { transaction in
                try transaction.scan(catalog.extents, prefix: id.keyBytes) { _, extent in
                    live += Int(extent.byteCount)
                    return true
                }
            }
            guard live > 0, let disk = try FileSystem.diskByteCount(of: packs.path(of: id)),
                Double(live) < liveShare * Double(disk)
            else { return nil }
            return (id, live)
        }
    }

    /// Moves the records of a pack, in snapshots of bounded length.
    private func empty(
        _ id: PackID, by move: RecordMove, _ report: inout CompactionReport,
        _ progress: (Int) -> Bool
    ) throws {
        var next: [UInt8]? = id.keyBytes
        while let start = next {
            next = nil
            try catalog.environment.read { transaction in
                var byteCount = 0
                try transaction.scan(
                    catalog.extents, prefix: id.keyBytes, from: start
                ) { key, extent in
                    guard byteCount < 64 << 20 else {
                        next = key.keyBytes
                        return false
                    }
                    // Small ones take their share of a snapshot too.
                    byteCount += max(16_384, Int(extent.byteCount))
                    let (location, namespace) = try catalog.payload(
                        of: extent.owner, in: transaction)
                    guard let location, let namespace, location.extent == key else { return true }
                    do {
                        try move(location, extent.owner, namespace)
                    } catch let error as AssetError where error.code == .damaged {
                        report.add(
                            try catalog.subject(of: extent.owner, in: transaction),
                            Int(extent.owner.index), error.message)
                    }
                    guard progress(report.movedByteCount + move.movedByteCount) else {
                        throw AssetError(
                            .cancelled, "compacting was interrupted; what was moved stays moved")
                    }
                    return true
                }
            }
        }
    }
}

extension CompactionReport {
    fileprivate mutating func add(_ id: String, _ part: Int?, _ reason: String) {
        damageCount += 1
        if damaged.count < VerificationReport.damageCountMax {
            damaged.append(VerificationReport.Damage(id: id, part: part, reason: reason))
        }
    }

    fileprivate mutating func take(_ move: RecordMove) {
        movedRecordCount += move.movedRecordCount
        movedByteCount += move.movedByteCount
    }
}
