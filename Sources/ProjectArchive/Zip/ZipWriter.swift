// Writes zip archives. libarchive could, but it knows no checksum before the bytes are written, so it
// puts checksums and sizes behind stored entries, which readers of streams refuse; it writes times
// of the local time zone; and it keeps the directory in memory. docs/decisions/0005 has the figures.

package import Basics

/// Writes an archive into a file, entry by entry. Not thread-safe.
///
/// The same entries in the same order give the same bytes, on every machine: times are UTC, nothing
/// tells of who wrote it, and checksums and sizes stand in the headers before the content. zip64
/// fields are there where something is larger than 32 bits can say, and nowhere else, except for
/// entries whose size was not known when they began.
///
/// Memory: about 2 MiB and 16 bytes per entry. The directory waits in a file without a name.
package final class ZipWriter {
    private let subject: String
    var output: ArchiveFile
    private var records: SpilledBytes
    private var names = NameTable()
    private var emptyCount = 0

    /// - Parameters:
    ///   - file: an empty file, open for writing.
    ///   - directory: where there is room for the archive's directory until it is written.
    ///   - leftoverByteCount: how many bytes are in the file, which is not empty then: those of an
    ///     archive that was not finished. ``keep(_:modifiedAt:byteCount:checksum:)`` goes on with
    ///     them.
    package init(_ file: File, temporariesIn directory: String, leftoverByteCount: Int = 0) {
        subject = file.path
        output = ArchiveFile(file, leftoverByteCount: leftoverByteCount)
        records = SpilledBytes(spillingInto: directory)
    }

    package var entryCount: Int { names.count }

    /// The bytes of the archive so far.
    package var byteCount: Int { output.byteCount }

    /// Whether an entry at `path` would be one with an entry that is there, also because only case
    /// or normalisation tell the two apart.
    package func contains(_ path: String) throws(AssetError) -> Bool {
        let folded = ZipName.folded(path)
        let place = try names.place(hash: NameTable.hash(folded)) { place throws(AssetError) in
            ZipName.folded(try self.path(at: Int(place))) == folded
        }
        return place != nil
    }

    /// Adds an entry whose content is at hand. It is stored as it is.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when `path` is no name to be trusted, is taken
    ///   (see ``contains(_:)``), or when the archive would go beyond ``Limits``;
    ///   ``AssetError/Code/diskFull`` and ``AssetError/Code/io``.
    package func add(
        _ path: String, modifiedAt: Timestamp, content: RawSpan
    ) throws(AssetError) {
        try admit(path)
        let record = ZipRecord(
            path: path, method: .stored, modifiedAt: modifiedAt, crc32: CRC32.of(content),
            storedByteCount: content.byteCount, byteCount: content.byteCount,
            offset: output.byteCount,
            reservesLongSizes: Self.mayBeLong(content.byteCount))
        do throws(AssetError) {
            try output.append(record.localHeader())
            try output.append(content)
            try enter(record)
        } catch {
            output.rewind(to: record.offset)
            throw error
        }
    }

    /// Adds an entry whose content comes in pieces: `body` gets a function that takes them. When it
    /// throws, the entry is not in the archive, and others may follow.
    ///
    /// - Parameter byteCount: the bytes of the content, `nil` when they are not known.
    /// - Throws: as ``add(_:modifiedAt:content:)``; ``AssetError/Code/invalidArgument`` when `body`
    ///   gives other than `byteCount` bytes; what `body` throws.
    package func add(
        _ path: String, modifiedAt: Timestamp, method: ZipMethod = .stored, byteCount: Int?,
        _ body: (_ append: (RawSpan) throws(AssetError) -> Void) throws -> Void
    ) throws {
        try admit(path)
        var record = ZipRecord(
            path: path, method: method, modifiedAt: modifiedAt, offset: output.byteCount,
            reservesLongSizes: byteCount.map(Self.mayBeLong) ?? true)
        do {
            let header = record.localHeader()
            try output.append(header)
            try fill(&record, body)
            guard byteCount == nil || record.byteCount == byteCount else {
                throw AssetError(
                    .invalidArgument,
                    "\(subject): \(ZipName.quoted(path)) was to have \(byteCount ?? 0) bytes but "
                        + "was given \(record.byteCount)")
            }
            record.storedByteCount = output.byteCount - record.offset - header.count
            try output.replace(at: record.offset, with: record.localHeader())
            try enter(record)
        } catch {
            output.rewind(to: record.offset)
            throw error
        }
    }

    /// Writes the directory and ends the archive. Nothing may be added afterwards; making the file
    /// durable is up to its owner.
    package func finish() throws(AssetError) {
        let start = output.byteCount
        try records.forEachPiece { piece throws(AssetError) in try output.append(piece) }
        let end = ZipEndWriter(
            entryCount: entryCount, directory: start..<output.byteCount)
        try output.append(end.bytes)
        try output.finish()
    }

    /// Brings what was added so far into the file, for a later writer to go on with. Nothing may be
    /// added afterwards.
    package func pause() throws(AssetError) { try output.pause() }

    private func fill(
        _ record: inout ZipRecord,
        _ body: (_ append: (RawSpan) throws(AssetError) -> Void) throws -> Void
    ) throws {
        var crc = CRC32()
        var count = 0
        switch record.method {
        case .stored:
            try body { bytes throws(AssetError) in
                crc.update(bytes)
                count += bytes.byteCount
                try output.append(bytes)
            }
        case .deflated:
            let deflater = try Deflater()
            try body { bytes throws(AssetError) in
                crc.update(bytes)
                count += bytes.byteCount
                try deflater.append(bytes) { packed throws(AssetError) in
                    try output.append(packed)
                }
            }
            try deflater.finish { packed throws(AssetError) in try output.append(packed) }
        }
        (record.crc32, record.byteCount) = (crc.value, count)
    }

    /// Makes sure that an entry may be added.
    func admit(_ path: String) throws(AssetError) {
        func refused(_ reason: String) -> AssetError {
            AssetError(.invalidArgument, "\(subject): \(reason)")
        }
        if let objection = ZipName.objection(to: path) {
            throw refused("\(ZipName.quoted(path)) can't be a name in an archive: \(objection)")
        }
        guard !ZipName.isFolder(path) else {
            throw refused("\(ZipName.quoted(path)) is a folder; add what is in it")
        }
        guard entryCount < Limits.archiveEntryCountMax,
            records.byteCount + path.utf8.count + 128 <= Limits.archiveDirectoryByteCountMax
        else {
            throw refused(
                "an archive holds at most \(Limits.archiveEntryCountMax) entries; leave some out")
        }
        guard !(try contains(path)) else {
            throw refused("\(ZipName.quoted(path)) is in the archive already; use another name")
        }
    }

    func enter(_ record: ZipRecord) throws(AssetError) {
        if record.byteCount == 0 { emptyCount += 1 }
        guard emptyCount <= Limits.archiveEmptyEntryCountMax else {
            throw AssetError(
                .invalidArgument,
                "\(subject): an archive holds at most \(Limits.archiveEmptyEntryCountMax) entries "
                    + "without content; leave some out")
        }
        let place = UInt32(records.byteCount)
        try records.append(record.directoryRecord())
        names.insert(hash: NameTable.hash(ZipName.folded(record.path)), place: place)
    }

    /// The path of the record at `place` among the records.
    private func path(at place: Int) throws(AssetError) -> String {
        let header = try records.read(at: place, count: ZipSize.directoryRecord)
        let count = Int(header[28]) | Int(header[29]) << 8
        let name = try records.read(at: place + ZipSize.directoryRecord, count: count)
        return String(decoding: name, as: UTF8.self)
    }

    /// Whether the sizes of an entry may need 64 bits; deflate can make content a little longer.
    static func mayBeLong(_ byteCount: Int) -> Bool { byteCount >= 0xF000_0000 }
}

/// The end of an archive, with its zip64 form where numbers ask for it.
struct ZipEndWriter: Sendable {
    var entryCount: Int
    var directory: Range<Int>

    var bytes: [UInt8] {
        var writer = ByteWriter()
        let shortCount = UInt16(exactly: entryCount) ?? ZipSaturated.short
        let byteCount = UInt32(exactly: directory.count) ?? ZipSaturated.long
        let start = UInt32(exactly: directory.lowerBound) ?? ZipSaturated.long
        if shortCount == ZipSaturated.short || byteCount == ZipSaturated.long
            || start == ZipSaturated.long
        {
            writer.append(ZipSignature.zip64End)
            writer.append(UInt64(ZipSize.zip64End - 12))
            // Made by and needs version 4.5; disks 0 and 0.
            for _ in 0..<2 { writer.append(UInt16(45)) }
            for _ in 0..<2 { writer.append(UInt32(0)) }
            for number in [entryCount, entryCount, directory.count, directory.lowerBound] {
                writer.append(UInt64(number))
            }
            writer.append(ZipSignature.zip64Locator)
            writer.append(UInt32(0))
            writer.append(UInt64(directory.upperBound))
            writer.append(UInt32(1))
        }
        writer.append(ZipSignature.end)
        for _ in 0..<2 { writer.append(UInt16(0)) }
        for _ in 0..<2 { writer.append(shortCount) }
        writer.append(byteCount)
        writer.append(start)
        // No comment.
        writer.append(UInt16(0))
        return writer.bytes
    }
}
