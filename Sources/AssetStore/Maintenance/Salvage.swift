// Making a store anew from packs whose catalog is lost.
//
// Every pack is scanned, and what is intact is noted in an index on the disk. Then what belongs
// together is put together: the parts of a content, under the description that lies behind its last
// part; the frames of a job, each of which says whose it is. It is stored like anything new, so
// what comes out is an ordinary store. The old catalog is never opened: it may be anything.

internal import Basics
internal import LMDB

/// What could be salvaged.
public struct SalvageReport: Equatable, Sendable {
    public var packCount = 0
    /// Bytes of packs that were looked at, holes aside.
    public var scannedByteCount = 0
    public var assetCount = 0
    public var frameCount = 0
    public var jobCount = 0
    /// Payload bytes of what was salvaged.
    public var byteCount = 0
    /// What is there in part: assets without some of their parts, parts without a description.
    public var incompleteCount = 0
    /// Records whose bytes are not what was stored, or that can't be what they say they are.
    public var damagedCount = 0
    /// Assets that were found again under an identifier that was salvaged already.
    public var duplicateCount = 0
    /// Encoded segments, which don't say whose they are; jobs make them again.
    public var skippedSegmentCount = 0
    /// What is incomplete or damaged, as far as it can be named; at most
    /// ``VerificationReport/damageCountMax``.
    public var losses: [VerificationReport.Damage] = []

    public init() {}

    /// Whether everything that was found could be salvaged.
    public var isComplete: Bool { incompleteCount == 0 && damagedCount == 0 }

    mutating func addLoss(_ id: String, _ part: Int?, _ reason: String) {
        guard losses.count < VerificationReport.damageCountMax else { return }
        losses.append(VerificationReport.Damage(id: id, part: part, reason: reason))
    }
}

extension Store {
    /// Makes a new store at `newPath`, where nothing may be yet, from the intact records of the
    /// packs of the store at `path`, whose catalog may be damaged or gone. The old store is only
    /// read. The new one is complete and durable when it appears under its name, and has an
    /// identity of its own.
    ///
    /// Assets come back with their identifiers, projects, names, kinds, media types, attributes,
    /// parameters, facts and times, as they were when their bytes were stored: changes made to
    /// them afterwards stood in the catalog alone. So did assets whose bytes equal those of an
    /// earlier one, empty assets, what projects say of themselves, quotas, and everything of jobs
    /// but their frames: these come back under the job's identifier as a job of the kind
    /// ``JobDescription/salvagedKind`` that is `pending`; the same work submitted again goes on
    /// with them. What was removed and whose disk blocks were not given back comes back too, or is
    /// told of as incomplete.
    ///
    /// - Parameter progress: called with bytes scanned and put together, and an estimate of all of
    ///   them; return false to stop with ``AssetError/Code/cancelled``. Then, as after any error,
    ///   nothing is left at `newPath`.
    /// - Throws: ``AssetError/Code/inputMissing`` when there are no packs,
    ///   ``AssetError/Code/busy`` when a process writes to them, ``AssetError/Code/alreadyExists``,
    ///   ``AssetError/Code/diskFull``, ``AssetError/Code/io``.
    /// - Complexity: O(bytes of the packs). Takes about 64 MiB of memory, mapped files aside.
    public static func salvage(
        from path: String, to newPath: String,
        progress: (_ bytesDone: Int, _ byteCount: Int) -> Bool = { _, _ in true }
    ) throws -> SalvageReport {
        let directory = StoreLayout(path).packs
        guard try FileSystem.kind(of: directory) == .directory else {
            throw AssetError(
                .inputMissing, "\(path) has no directory “packs”; give the directory of a store")
        }
        let output = try OutputDirectory(newPath)
        let packs = try packsToSalvage(path, directory)
        let store = try Store.create(at: output.temporaryPath)
        var report: SalvageReport
        do {
            let scratch = "\(output.temporaryPath)/.salvage"
            try FileSystem.makeDirectory(scratch)
            let index = try SalvageIndex(path: scratch)
            var scan = SalvageScan(directory: directory, index: index)
            try scan.run(packs, progress)
            let salvaged = Salvager(
                store: store, index: index, reader: store.reader(ofPacksIn: directory),
                report: scan.report)
            report = try salvaged.run(done: scan.report.scannedByteCount, progress)
            report.jobCount = try store.statistics().jobCount
        } catch {
            try? store.close()
            throw error
        }
        try store.close()
        try FileSystem.removeTree("\(output.temporaryPath)/.salvage")
        try output.publish()
        return report
    }

    /// The packs in a directory that nobody writes to.
    private static func packsToSalvage(
        _ path: String, _ directory: String
    ) throws -> [PackID] {
        var packs: [PackID] = []
        for name in try FileSystem.names(in: directory) {
            if let pack = PackID(fileName: name),
                try FileSystem.kind(of: "\(directory)/\(name)") == .file
            {
                packs.append(pack)
            }
        }
        let locks = StoreLayout(path).locks
        guard try FileSystem.kind(of: locks) == .file else { return packs }
        // Where the file can't be opened for writing, nobody writes to the store.
        guard let ownership = try? ByteLocks(path: locks) else { return packs }
        for pack in packs where try ownership.isLocked(StoreLocks.pack(pack)) {
            throw AssetError(
                .busy, "\(path) is being written to by another process; close it and try again")
        }
        return packs
    }

    /// A reader of packs that are another store's.
    private func reader(ofPacksIn directory: String) -> PackReader {
        PackReader(directory: directory, storeID: AssetID(high: 0, low: 0), packer: packer)
    }
}

extension PackID {
    /// The pack whose file has this name; `nil` when it is no pack's.
    init?(fileName name: String) {
        guard name.utf8.count == 21, name.hasSuffix(".pack"),
            let number = UInt64(name.prefix(16), radix: 16)
        else { return nil }
        self.init(number: number)
        guard name == "\(self).pack" else { return nil }
    }
}

/// The first half of salvaging: what is intact goes into the index.
struct SalvageScan {
    let directory: String
    let index: SalvageIndex
    private(set) var report = SalvageReport()
    private var found: [(key: SalvageKey, record: SalvageRecord)] = []

    init(directory: String, index: SalvageIndex) {
        self.directory = directory
        self.index = index
    }

    mutating func run(_ packs: [PackID], _ progress: (Int, Int) -> Bool) throws {
        var total = 0
        for pack in packs { total += try FileSystem.diskByteCount(of: path(of: pack)) ?? 0 }
        for pack in packs {
            guard var scanner = try PackScanner(try File(path(of: pack))) else { continue }
            let before = report.scannedByteCount
            report.packCount += 1
            var end = 0
            // What is put together afterwards is about as much again.
            try scanner.scan(
                { try note($0, pack) },
                progress: { position in
                    end = position
                    return progress(min(total, before + position), total * 2)
                })
            report.scannedByteCount =
                before + max(end, try FileSystem.diskByteCount(of: path(of: pack)) ?? 0)
        }
        try flush()
        report.scannedByteCount = min(report.scannedByteCount, total)
    }

    private func path(of pack: PackID) -> String { "\(directory)/\(pack).pack" }

    private mutating func note(_ finding: PackScanner.Finding, _ pack: PackID) throws {
        switch finding {
        case .givenBack: break
        case .damaged(let header, let offset):
            report.damagedCount += 1
            report.addLoss(
                header.owner.name, Int(clamping: header.owner.index),
                "its record in pack \(pack) at \(offset) is damaged")
        case .record(let header, _, _) where header.owner.kind == .segment:
            report.skippedSegmentCount += 1
        case .record(let header, let offset, let description):
            let extent = ExtentKey(pack: pack, offset: UInt64(offset))
            let location = PayloadLocation(
                extent: extent, byteCount: header.payloadByteCount,
                storedByteCount: UInt64(header.storedByteCount), packing: header.packing,
                checksum: header.checksum,
                descriptionByteCount: description == nil ? 0 : header.descriptionByteCount)
            if description == nil, header.descriptionByteCount > 0 {
                report.damagedCount += 1
                report.addLoss(
                    header.owner.name, Int(clamping: header.owner.index),
                    "what pack \(pack) says of it is damaged")
            }
            found.append(
                (
                    SalvageKey(owner: header.owner, extent: extent),
                    SalvageRecord(owner: header.owner, location: location)
                ))
            if found.count >= 4096 { try flush() }
        }
    }

    private mutating func flush() throws {
        try index.add(found)
        found.removeAll(keepingCapacity: true)
    }
}

extension RecordOwner {
    /// Whose it is, for messages.
    var name: String {
        switch kind {
        case .part: ContentID(high: high, low: low).description
        case .frame, .segment: SequenceID(high: high, low: low).description
        }
    }
}
