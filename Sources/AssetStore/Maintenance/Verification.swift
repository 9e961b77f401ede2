// Checking everything: every payload against its checksum, every record against its counterpart,
// every counter against a recount.

internal import Basics
internal import LMDB

/// What a verification found.
public struct VerificationReport: Equatable, Sendable {
    /// Something that is not as it was stored.
    public struct Damage: Equatable, Sendable {
        /// What is damaged: an asset's or job's id, a pack, a counter.
        public var id: String
        /// The number of the asset's part, or of the job's frame or segment.
        public var part: Int?
        /// What is wrong with it, for people.
        public var reason: String
    }

    public var assetsChecked = 0
    public var framesChecked = 0
    public var segmentsChecked = 0
    /// Payload bytes read and compared with their checksums.
    public var bytesChecked = 0
    /// The damage found, at most ``damageCountMax`` of it.
    public var damaged: [Damage] = []
    /// How much damage was found.
    public var damageCount = 0
    /// What was damaged and has been repaired, at most ``damageCountMax`` of it.
    public var repaired: [Damage] = []
    /// How much was repaired.
    public var repairedCount = 0

    /// How much damage a report names.
    public static let damageCountMax = 10_000

    /// Whether all is as it was stored.
    public var isIntact: Bool { damageCount == 0 }

    mutating func addRepaired(_ id: String, _ part: Int?, _ reason: String) {
        repairedCount += 1
        if repaired.count < Self.damageCountMax {
            repaired.append(Damage(id: id, part: part, reason: reason))
        }
    }

    mutating func add(_ id: String, _ part: Int?, _ reason: String) {
        damageCount += 1
        if damaged.count < Self.damageCountMax {
            damaged.append(Damage(id: id, part: part, reason: reason))
        }
    }
}

extension Store {
    /// Checks every payload, record and counter, while others read and write.
    ///
    /// Payloads are read in the order of the disk, in snapshots of bounded length; records and
    /// counters in one snapshot. What is removed meanwhile is not missed; what is added may be left
    /// out.
    ///
    /// Repairing comes first: counters are rewritten from a recount; ranges of packs that are held
    /// in vain, or are in no table, become free; contents, frames and segments that nothing leads
    /// to are removed; entries of indexes are added and removed. A project whose record is gone
    /// gets a new one, under the old name where that is known. Damaged payloads, and what has lost
    /// its content, stay and are reported. Others wait for pieces of bounded size only, except
    /// while counters that are wrong are counted again. Cut short, it is to be run again.
    ///
    /// - Parameters:
    ///   - repairing: whether to repair what can be repaired.
    ///   - progress: called with the payload bytes checked and to be checked, now and then; return
    ///     false to stop with ``AssetError/Code/cancelled``.
    /// - Throws: ``AssetError/Code/damaged`` when a page or a record of the catalog can't be read at
    ///   all: pages are checked first, because one that is damaged would end the process;
    ///   ``AssetError/Code/busy`` when repairing while another process gives disk blocks back for
    ///   long.
    /// - Complexity: O(stored bytes). Takes memory for each project and job.
    public func verify(
        repairing: Bool = false,
        progress: (_ bytesChecked: Int, _ byteCount: Int) -> Bool = { _, _ in true }
    ) throws -> VerificationReport {
        var report = VerificationReport()
        // A catalog that is long is not checked when it is opened, and any may go bad afterwards.
        try catalog.environment.checkPages(byteCountMax: .max)
        if repairing { try repair(&report) { !progress(0, 0) } }
        try verifyPackHeaders(&report)
        try verifyPayloads(&report, progress)
        try catalog.environment.read { transaction in
            try verifyRecords(&report, in: transaction)
            for difference in try Recount.differences(in: catalog, transaction) {
                report.add(difference.name, nil, difference.reason)
            }
        }
        return report
    }

    private func verifyRecords(
        _ report: inout VerificationReport, in transaction: borrowing ReadTransaction
    ) throws {
        let inspection = Inspection(self, inspectsHolders: false)
        for walk in Inspection.Walk.allCases
        where try inspection.canHaveExcess(walk, in: transaction) {
            _ = try inspection.run(walk, in: transaction)
        }
        for fault in inspection.faults { report.add(fault.id, fault.part, fault.reason) }
        report.damageCount += inspection.faultCount - inspection.faults.count
        report.assetsChecked = inspection.assetCount
    }

    private func verifyPackHeaders(_ report: inout VerificationReport) throws {
        var packs: [PackID] = []
        try catalog.environment.read { transaction in
            try transaction.scan(catalog.packs) { id, record in
                if record.committedEnd > UInt64(PackHeader.byteCount) { packs.append(id) }
                return true
            }
        }
        for pack in packs {
            do {
                try packReader.verifyHeader(of: pack)
            } catch let error as AssetError {
                // It may have been removed since it was listed.
                if try catalog.environment.read({ try $0.get(catalog.packs, pack) }) != nil {
                    report.add("pack \(pack)", nil, error.message)
                }
            }
        }
    }

    /// Walks the live ranges of all packs.
    private func verifyPayloads(
        _ report: inout VerificationReport, _ progress: (Int, Int) -> Bool
    ) throws {
        let total = try catalog.environment.read { try Recount.storedByteCount(of: catalog, $0) }
        var next: [UInt8]? = []
        while let start = next {
            next = nil
            try catalog.environment.read { transaction in
                let checkedBefore = report.bytesChecked
                var count = 0
                try transaction.scan(catalog.extents, from: start) { key, extent in
                    // A snapshot pins the pages of everything changed since; let go of it often.
                    guard count < 4096, report.bytesChecked - checkedBefore < 64 << 20 else {
                        next = key.keyBytes
                        return false
                    }
                    count += 1
                    try verify(key, extent, &report, in: transaction)
                    return true
                }
            }
            guard progress(report.bytesChecked, max(total, report.bytesChecked)) else {
                throw AssetError(.cancelled, "verifying was interrupted")
            }
        }
    }

    private func verify(
        _ key: ExtentKey, _ extent: ExtentRecord, _ report: inout VerificationReport,
        in transaction: borrowing ReadTransaction
    ) throws {
        let owner = extent.owner
        let (location, namespace) = try catalog.payload(of: owner, in: transaction)
        guard let location, let namespace, location.extent == key,
            location.recordByteCount == extent.byteCount
        else {
            report.add(
                try catalog.subject(of: owner, in: transaction), Int(owner.index),
                "a range of pack \(key.pack) is held for it in vain")
            return
        }
        do {
            try packReader.verify(location, owner: owner, namespace: namespace)
        } catch let error as AssetError {
            report.add(
                try catalog.subject(of: owner, in: transaction), Int(owner.index), error.message)
        }
        report.bytesChecked += Int(location.storedByteCount)
        switch owner.kind {
        case .part: break
        case .frame: report.framesChecked += 1
        case .segment: report.segmentsChecked += 1
        }
    }
}

extension Catalog {
    /// Where the catalog says that an owner's payload lies, and in which namespace.
    func payload(
        of owner: RecordOwner, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> (PayloadLocation?, Namespace?) {
        let sequence = SequenceID(high: owner.high, low: owner.low)
        switch owner.kind {
        case .part:
            let content = ContentID(high: owner.high, low: owner.low)
            return (
                try location(of: Int(owner.index), content, in: transaction),
                try transaction.get(contents, content)?.namespace
            )
        case .frame:
            let key = FrameKey(sequence: sequence, index: owner.index)
            return (try transaction.get(frames, key)?.location, .frames)
        case .segment:
            let key = SegmentKey(
                sequence: sequence, track: owner.track,
                index: UInt32(truncatingIfNeeded: owner.index))
            return (try transaction.get(segments, key)?.location, .jobs)
        }
    }

    /// The asset or job that an owner's payload belongs to, as text: where there is damage, not
    /// before.
    ///
    /// - Complexity: O(assets with the content), O(jobs).
    func subject(
        of owner: RecordOwner, in transaction: borrowing ReadTransaction
    ) throws -> String {
        var subject: String?
        switch owner.kind {
        case .part:
            let id = ContentID(high: owner.high, low: owner.low)
            if let content = try transaction.get(contents, id) {
                let prefix = ContentAssetKey.prefix(content.checksum)
                try transaction.scan(assetsByContent, prefix: prefix) { key, _ in
                    let asset = try transaction.get(assets, key.asset)
                    if asset?.content == id { subject = key.asset.description }
                    return subject == nil
                }
            }
        case .frame, .segment:
            let id = SequenceID(high: owner.high, low: owner.low)
            try transaction.scan(jobFrames) { job, record in
                if record.framesID == id || record.segmentsID == id {
                    subject = job.description
                }
                return subject == nil
            }
        }
        return subject ?? "something that was removed"
    }
}
