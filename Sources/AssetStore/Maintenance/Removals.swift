// Clearing away what was removed.
//
// Removing a project, a job or a job's frames takes one small transaction, after which nobody sees
// them. Their entries go afterwards, in transactions of bounded size, each of which leaves the
// catalog consistent: whoever is killed on the way leaves the rest to the next call, in this
// process or another.

internal import Basics
internal import LMDB

extension Store {
    /// Clears away everything that was removed and not cleared away yet, also what other processes
    /// removed and did not get to.
    ///
    /// - Parameters:
    ///   - countMax: the most entries that one transaction clears away: other writers wait for it.
    ///   - isCancelled: asked between transactions; what is left stays for later.
    /// - Complexity: O(entries cleared away).
    func clearRemovals(countMax: Int = 8192, isCancelled: () -> Bool = { false }) throws {
        while !isCancelled() {
            let next = try catalog.environment.read { transaction in
                var next: RemovalKey?
                try transaction.scan(catalog.removals) { key, _ in
                    next = key
                    return false
                }
                return next
            }
            guard let next else { return }
            try committer.commit { [catalog] transaction, changes in
                // Another process may have been faster.
                guard let record = try transaction.get(catalog.removals, next) else { return }
                try catalog.clear(next, record, countMax, in: transaction, changes)
            }
        }
    }
}

extension Catalog {
    /// Clears a bounded part of a removed thing away, and the note of its removal with the last.
    fileprivate func clear(
        _ removal: RemovalKey, _ record: RemovalRecord, _ countMax: Int,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws {
        let cleared: Int
        switch removal.kind {
        case .project:
            cleared = try clear(
                ProjectNumber(number: removal.low), countMax, in: transaction, changes)
        case .sequence:
            cleared = try clear(
                SequenceID(high: removal.high, low: removal.low), countMax, in: transaction,
                changes)
        case .excessFrames:
            let isPartial = try removeExcessFrames(
                of: JobID(high: removal.high, low: removal.low), record, countMax: countMax,
                in: transaction, changes)
            cleared = isPartial ? countMax : 0
        }
        if cleared < countMax { try transaction.delete(removals, removal) }
    }

    private func clear(
        _ project: ProjectNumber, _ countMax: Int, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws -> Int {
        var assets: [AssetID] = []
        try transaction.scan(assetsByProject, prefix: project.keyBytes) { key, _ in
            assets.append(key.asset)
            return assets.count < countMax
        }
        for asset in assets {
            _ = try remove(asset, ofRemovedProject: true, in: transaction, changes)
            // Large assets have many parts.
            if changes.freedCount >= countMax { return countMax }
        }
        var keys: [ProjectJobKey] = []
        if assets.count < countMax {
            try transaction.scan(jobsByProject, prefix: project.keyBytes) { key, _ in
                keys.append(key)
                return assets.count + keys.count < countMax
            }
        }
        for key in keys {
            // It may have been submitted again, in a new project of the old name.
            if try changes.job(key.job, in: transaction)?.project == project {
                try remove(key.job, ofRemovedProject: true, in: transaction, changes)
            } else {
                try transaction.delete(jobsByProject, key)
            }
        }
        let cleared = assets.count + keys.count
        if cleared >= countMax { return cleared }
        return try cleared
            + clearScenesAndCheckpoints(of: project, countMax - cleared, in: transaction)
    }

    private func clear(
        _ sequence: SequenceID, _ countMax: Int, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws -> Int {
        var cleared: [(FrameKey, PayloadLocation)] = []
        try transaction.scan(frames, prefix: sequence.keyBytes) { key, record in
            cleared.append((key, record.location))
            return cleared.count < countMax
        }
        var stored = Usage()
        for (key, location) in cleared {
            try transaction.delete(frames, key)
            try release(location, in: transaction, changes)
            stored.storedByteCount += Int(location.storedByteCount)
        }
        try changes.count(-stored, .wholeStore, .frames, in: transaction)
        var segmentKeys: [(SegmentKey, PayloadLocation)] = []
        if cleared.count < countMax {
            try transaction.scan(segments, prefix: sequence.keyBytes) { key, record in
                segmentKeys.append((key, record.location))
                return cleared.count + segmentKeys.count < countMax
            }
        }
        stored = Usage()
        for (key, location) in segmentKeys {
            try transaction.delete(segments, key)
            try release(location, in: transaction, changes)
            stored.storedByteCount += Int(location.storedByteCount)
        }
        try changes.count(-stored, .wholeStore, .jobs, in: transaction)
        return cleared.count + segmentKeys.count
    }
}
