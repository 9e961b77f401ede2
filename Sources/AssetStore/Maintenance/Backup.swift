// Copying a whole store while others go on reading and writing it.
//
// The catalog is copied as of one moment; then, of each pack, what the copy refers to. A snapshot
// that began before is held all the while: what was visible then is neither punched nor removed,
// and what came since is only ever appended, so everything that the copied catalog refers to stays
// where it is.

internal import Basics
internal import LMDB

/// What a backup holds.
public struct BackupReport: Equatable, Sendable {
    public var packCount = 0
    /// Bytes of live ranges of packs.
    public var byteCount = 0
    public var catalogByteCount = 0
    /// Bytes that the catalog refers to but that no pack has: damage of the store, which its backup
    /// has too.
    public var missingByteCount = 0

    public init() {}
}

extension Store {
    /// Makes a copy of the store at `path`, where nothing may be yet, as of one moment, while
    /// others read and write. It is durable and complete when it appears under its name; it is the
    /// same store with the same identity, and opens like it.
    ///
    /// Holes stay holes, and what is free is not copied. Payloads are not checked: verify the copy.
    /// Disk blocks of what is removed meanwhile are given back only afterwards.
    ///
    /// - Parameter progress: called with the bytes of payload copied and to be copied; return false
    ///   to stop with ``AssetError/Code/cancelled``. Then, as after any error, nothing is left.
    ///   Copying the catalog can't be stopped.
    /// - Throws: ``AssetError/Code/alreadyExists``, ``AssetError/Code/inputMissing`` when the
    ///   folder for it is not there, ``AssetError/Code/diskFull`` before anything is copied when
    ///   there is too little room, ``AssetError/Code/io``.
    /// - Complexity: O(bytes of the catalog + live bytes).
    public func backup(
        to path: String,
        progress: (_ bytesCopied: Int, _ byteCount: Int) -> Bool = { _, _ in true }
    ) throws -> BackupReport {
        let output = try OutputDirectory(path)
        let layout = StoreLayout(output.temporaryPath)
        try layout.makeDirectories()
        let report = try catalog.environment.read { _ in
            try requireRoom(
                for: try catalogByteCount()
                    + (try catalog.environment.read {
                        try Recount.storedByteCount(of: catalog, $0)
                    }), at: output)
            try catalog.environment.copy(to: layout.catalog, compacting: false)
            return try copyPacks(to: layout, output, progress)
        }
        // It came with looking into the copy, and holds nothing that lasts.
        try FileSystem.removeFile("\(layout.catalog)/lock.mdb")
        try FileSystem.synchronizeDirectory(layout.catalog)
        try FileSystem.synchronizeDirectory(layout.packs)
        try output.publish()
        return report
    }

    private func catalogByteCount() throws -> Int {
        try FileSystem.diskByteCount(of: "\(catalog.environment.path)/data.mdb") ?? 0
    }

    private func requireRoom(for byteCount: Int, at output: OutputDirectory) throws {
        let room = try FileSystem.availableByteCount(at: output.temporaryPath) - OpenPack.headroom
        guard byteCount > room else { return }
        throw AssetError(
            .diskFull,
            "\(output.path): the backup takes \(ByteSize.format(byteCount)) and the disk has room "
                + "for \(ByteSize.format(max(0, room))); free some space and try again")
    }

    /// Copies what the copied catalog refers to.
    private func copyPacks(
        to layout: StoreLayout, _ output: OutputDirectory, _ progress: (Int, Int) -> Bool
    ) throws -> BackupReport {
        let copy = try Catalog(path: layout.catalog, newStore: nil, onClose: {})
        var report = BackupReport()
        report.catalogByteCount =
            try FileSystem.diskByteCount(of: "\(layout.catalog)/data.mdb") ?? 0
        try copy.environment.read { transaction in
            var total = 0
            try transaction.scan(copy.extents) { _, extent in
                total += Int(extent.byteCount)
                return true
            }
            try requireRoom(for: total, at: output)
            try transaction.scan(copy.packs) { id, record in
                let end = Int(record.committedEnd)
                guard let source = try source(of: id, end: end, &report) else { return true }
                let target = try File("\(layout.packs)/\(id).pack", [.write, .createNew])
                _ = try source.copy(0..<PackHeader.byteCount, to: target)
                var runs = ExtentRuns()
                try transaction.scan(copy.extents, prefix: id.keyBytes) { key, extent in
                    let start = Int(key.offset)
                    guard let run = runs.add(start..<start + Int(extent.byteCount)) else {
                        return true
                    }
                    try Self.copy(run, of: source, to: target, &report, total, progress)
                    return true
                }
                if let run = runs.last {
                    try Self.copy(run, of: source, to: target, &report, total, progress)
                }
                try target.truncate(to: end)
                try target.synchronize()
                report.packCount += 1
                return true
            }
        }
        return report
    }

    /// A pack's file; `nil` when there is nothing of it to be copied.
    private func source(
        of id: PackID, end: Int, _ report: inout BackupReport
    ) throws(AssetError) -> File? {
        do throws(AssetError) {
            return try File(packs.path(of: id))
        } catch {
            guard error.code == .inputMissing else { throw error }
            // A pack that holds nothing may not have its file yet.
            report.missingByteCount += max(0, end - PackHeader.byteCount)
            return nil
        }
    }

    private static func copy(
        _ run: Range<Int>, of source: File, to target: File, _ report: inout BackupReport,
        _ total: Int, _ progress: (Int, Int) -> Bool
    ) throws {
        var position = run.lowerBound
        while position < run.upperBound {
            let piece = position..<min(run.upperBound, position + 8 << 20)
            let count = try source.copy(piece, to: target)
            report.byteCount += count
            report.missingByteCount += piece.count - count
            position = piece.upperBound
            guard progress(report.byteCount, total) else {
                throw AssetError(.cancelled, "the backup was interrupted; nothing of it is left")
            }
        }
    }
}

/// Joins live ranges of a pack that lie side by side, so that they are copied at once.
private struct ExtentRuns {
    /// The run that is not finished yet.
    private(set) var last: Range<Int>?

    /// Adds the next range; returns a run that is finished.
    mutating func add(_ range: Range<Int>) -> Range<Int>? {
        if let last, last.upperBound >= range.lowerBound {
            self.last = last.lowerBound..<max(last.upperBound, range.upperBound)
            return nil
        }
        defer { last = range }
        return last
    }
}
