// Mending what can be mended: counters, indexes, references, ranges of packs that are held in vain
// or by nobody. Payload bytes are never touched.
//
// Each piece of the catalog is inspected in a snapshot first, which keeps nobody waiting. Only a
// piece with faults is inspected again in a write transaction, and mended in it: others may have
// changed it meanwhile. Whoever is killed on the way leaves a store that is better than before.

internal import Basics
internal import LMDB

extension Store {
    /// Mends what can be mended, while others read and write, and adds it to the report.
    ///
    /// - Throws: ``AssetError/Code/busy`` when another process gives disk blocks back for long,
    ///   ``AssetError/Code/cancelled``; ``AssetError/Code/damaged`` when records of the catalog
    ///   can't be read at all.
    func repair(_ report: inout VerificationReport, isCancelled: () -> Bool) throws {
        // A range that is wrongly called free must not be punched between finding and mending it.
        try whileNobodyReclaims(isCancelled) {
            // What is removed below is counted, so the counters must be readable.
            try repairCounters(&report)
            var doubted: Set<ContentID> = []
            for walk in Inspection.Walk.allCases {
                try repair(walk, &doubted, &report, isCancelled)
            }
            try packs.sweepUnowned()
            try repairCounters(&report)
        }
        try clearRemovals(isCancelled: isCancelled)
    }

    private func repair(
        _ walk: Inspection.Walk, _ doubted: inout Set<ContentID>,
        _ report: inout VerificationReport, _ isCancelled: () -> Bool
    ) throws {
        var next: [UInt8]? = []
        var ownedSequences: Set<SequenceID>?
        while let start = next {
            if isCancelled() { throw AssetError(.cancelled, "repairing was interrupted") }
            let seen = Inspection(self, inspectsHolders: true, doubtedContents: doubted)
            seen.ownedSequences = ownedSequences
            next = try catalog.environment.read { transaction in
                try seen.run(walk, from: start, countMax: walk.pieceCountMax, in: transaction)
            }
            ownedSequences = seen.ownedSequences
            doubted = seen.doubtedContents
            guard seen.faults.contains(where: { $0.mend != nil }) else { continue }
            let mended = try catalog.change { transaction, changes in
                let now = Inspection(self, inspectsHolders: true, doubtedContents: doubted)
                next = try now.run(
                    walk, from: start, countMax: walk.pieceCountMax, in: transaction)
                let faults = now.faults.filter { $0.mend != nil }
                for fault in faults { try fault.mend?(transaction, changes) }
                return faults
            }
            for fault in mended { report.addRepaired(fault.id, fault.part, fault.reason) }
        }
    }

    /// Rewrites the counters that are wrong. Others wait for the recount only when there are any.
    private func repairCounters(_ report: inout VerificationReport) throws {
        let areRight = try catalog.environment.read { transaction in
            try Recount.differences(in: catalog, transaction).isEmpty
        }
        if areRight { return }
        let mended = try catalog.environment.write { transaction in
            let differences = try Recount.differences(in: catalog, transaction)
            try catalog.set(differences, in: transaction)
            return differences
        }
        for difference in mended {
            report.addRepaired(difference.name, nil, difference.reason)
        }
    }

    /// Runs `body` while neither this nor another process punches; waits for who does.
    private func whileNobodyReclaims(
        _ isCancelled: () -> Bool, _ body: () throws -> Void
    ) throws {
        try reclaiming.withLock { _ in
            let lock = try retryingWhileBusy(isCancelled) {
                if let lock = try ownership.tryLock(StoreLocks.reclaim) { return lock }
                throw AssetError(.busy, "another process gives disk blocks back; wait for it")
            }
            defer { withExtendedLifetime(lock) {} }
            try body()
        }
    }
}

/// Tries again for half a minute while another process is in the way.
func retryingWhileBusy<Result>(
    _ isCancelled: () -> Bool, _ body: () throws -> Result
) throws -> Result {
    let nothing = Monitor(())
    for _ in 0..<3000 {
        do {
            return try body()
        } catch let error as AssetError where error.code == .busy {
            if isCancelled() { throw AssetError(.cancelled, "waiting was interrupted") }
            _ = nothing.wait(seconds: 0.01) { _ -> Void? in nil }
        }
    }
    return try body()
}
