// Builds zip archives byte by byte, honest ones and others.

import Basics
import TestSupport

@testable import ProjectArchive

/// One entry of an archive that a test builds. What is not set follows from the content; what is
/// set is written, whether it is true or not.
struct BuiltEntry {
    var name: [UInt8]
    var content: [UInt8] = []
    /// The bytes in the archive; the content where `nil`.
    var stored: [UInt8]?
    var method: UInt16 = 0
    var flags: UInt16 = 0x0800
    var mode: UInt16 = 0o100644
    var time: UInt32 = 0x5765_6B40
    var crc: UInt32?
    var byteCount: UInt32?
    var storedByteCount: UInt32?
    var offset: UInt32?
    var disk: UInt16 = 0
    var extra: [UInt8] = []
    var comment: [UInt8] = []
    /// What the local header has instead.
    var localName: [UInt8]?
    var localMethod: UInt16?
    var localFlags: UInt16?
    var localCRC: UInt32?
    var localByteCount: UInt32?
    var localStoredByteCount: UInt32?
    var localExtra: [UInt8] = []
    /// What stands behind the bytes.
    var descriptor: [UInt8] = []

    init(_ name: String, _ content: [UInt8] = [1, 2, 3]) {
        self.name = Array(name.utf8)
        self.content = content
    }

    /// The entry with some things changed.
    func with(_ change: (inout BuiltEntry) -> Void) -> BuiltEntry {
        var entry = self
        change(&entry)
        return entry
    }

    /// As tools write that can't go back: sizes and checksum behind the bytes.
    func streamed(signature: Bool = true, long: Bool = false) -> BuiltEntry {
        with {
            $0.flags |= 8
            ($0.localCRC, $0.localByteCount, $0.localStoredByteCount) = (0, 0, 0)
            var writer = ByteWriter()
            if signature { writer.append(ZipSignature.dataDescriptor) }
            writer.append($0.trueCRC)
            for count in [($0.stored ?? $0.content).count, $0.content.count] {
                if long { writer.append(UInt64(count)) } else { writer.append(UInt32(count)) }
            }
            $0.descriptor = writer.bytes
        }
    }

    /// Deflated, by the package's own means.
    func deflated() throws -> BuiltEntry {
        let deflater = try Deflater()
        var packed: [UInt8] = []
        try unsafe deflater.append(content.span.bytes) { packed += $0 }
        try deflater.finish { packed += $0 }
        return with {
            $0.method = 8
            $0.stored = packed
        }
    }

    var trueCRC: UInt32 { unsafe CRC32.of(content.span.bytes) }
}

/// An archive that a test builds.
struct BuiltArchive {
    /// Whose bytes are there.
    var entries: [BuiltEntry]
    /// Who is in the directory, if not the same; by name or by offset they are among the bytes.
    var directory: [BuiltEntry]?
    var prefix: [UInt8] = []
    /// What stands between the directory and the end.
    var beforeEnd: [UInt8] = []
    var comment: [UInt8] = []
    var disk: UInt16 = 0
    var entryCount: UInt16?
    var directoryByteCount: UInt32?
    var directoryOffset: UInt32?

    init(_ entries: [BuiltEntry]) { self.entries = entries }

    var bytes: [UInt8] {
        var file = ByteWriter()
        var records = ByteWriter()
        var offsets: [[UInt8]: UInt32] = [:]
        var placed: [BuiltEntry] = []
        file.append(contentsOf: prefix)
        for entry in entries {
            let offset = UInt32(file.count)
            offsets[entry.name] = offset
            placed.append(entry.with { $0.offset = $0.offset ?? offset })
            let stored = entry.stored ?? entry.content
            let crc = entry.crc ?? entry.trueCRC
            let byteCount = entry.byteCount ?? UInt32(entry.content.count)
            let storedByteCount = entry.storedByteCount ?? UInt32(stored.count)
            file.append(ZipSignature.localHeader)
            file.append(UInt16(20))
            file.append(entry.localFlags ?? entry.flags)
            file.append(entry.localMethod ?? entry.method)
            file.append(entry.time)
            file.append(entry.localCRC ?? crc)
            file.append(entry.localStoredByteCount ?? storedByteCount)
            file.append(entry.localByteCount ?? byteCount)
            file.append(UInt16((entry.localName ?? entry.name).count))
            file.append(UInt16(entry.localExtra.count))
            file.append(contentsOf: entry.localName ?? entry.name)
            file.append(contentsOf: entry.localExtra)
            file.append(contentsOf: stored)
            file.append(contentsOf: entry.descriptor)
        }
        for entry in self.directory ?? placed { append(entry, to: &records, offsets) }
        let start = UInt32(file.count)
        file.append(contentsOf: records.bytes)
        file.append(contentsOf: beforeEnd)
        file.append(ZipSignature.end)
        file.append(disk)
        file.append(disk)
        for _ in 0..<2 {
            file.append(entryCount ?? UInt16(truncatingIfNeeded: (directory ?? entries).count))
        }
        file.append(directoryByteCount ?? UInt32(records.count))
        file.append(directoryOffset ?? start)
        file.append(UInt16(comment.count))
        file.append(contentsOf: comment)
        return file.bytes
    }

    private func append(
        _ entry: BuiltEntry, to records: inout ByteWriter, _ offsets: [[UInt8]: UInt32]
    ) {
        records.append(ZipSignature.directoryRecord)
        records.append(UInt16(3 << 8 | 20))
        records.append(UInt16(20))
        records.append(entry.flags)
        records.append(entry.method)
        records.append(entry.time)
        records.append(entry.crc ?? entry.trueCRC)
        records.append(
            entry.storedByteCount ?? UInt32((entry.stored ?? entry.content).count))
        records.append(entry.byteCount ?? UInt32(entry.content.count))
        records.append(UInt16(entry.name.count))
        records.append(UInt16(entry.extra.count))
        records.append(UInt16(entry.comment.count))
        records.append(entry.disk)
        records.append(UInt16(0))
        records.append(UInt32(entry.mode) << 16)
        records.append(entry.offset ?? offsets[entry.name] ?? 0)
        records.append(contentsOf: entry.name)
        records.append(contentsOf: entry.extra)
        records.append(contentsOf: entry.comment)
    }
}

/// A directory with an archive in it.
struct ArchiveOnDisk {
    let directory: TemporaryDirectory
    var path: String { directory.file("a.zip") }

    init(_ bytes: [UInt8]) throws {
        directory = try TemporaryDirectory()
        try File(path, [.write, .createNew]).write(unsafe bytes.span.bytes, at: 0)
    }

    init(of entries: [BuiltEntry]) throws { try self.init(BuiltArchive(entries).bytes) }
}

/// The content of every entry of an archive, by path.
func contents(of archive: ArchiveOnDisk) throws -> [String: [UInt8]] {
    try contents(ofArchive: archive.path)
}

/// The content of every entry of the archive at `path`, by path.
func contents(ofArchive path: String) throws -> [String: [UInt8]] {
    let reader = try ZipReader(path: path)
    var contents: [String: [UInt8]] = [:]
    try reader.forEachEntry { entry in
        contents[entry.path] = try content(of: entry, in: reader)
        return true
    }
    return contents
}

func content(of entry: ZipEntry, in reader: ZipReader) throws -> [UInt8] {
    var content: [UInt8] = []
    try reader.read(entry) { piece in
        unsafe piece.withUnsafeBytes { unsafe content.append(contentsOf: $0) }
    }
    return content
}

/// A zip64 field with these numbers.
func zip64Field(_ numbers: [UInt64]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(ZipExtra.zip64)
    writer.append(UInt16(numbers.count * 8))
    for number in numbers { writer.append(number) }
    return writer.bytes
}

extension ZipWriter {
    /// Adds an entry whose content is an array.
    func add(_ path: String, modifiedAt: Timestamp, bytes: [UInt8]) throws {
        try unsafe add(path, modifiedAt: modifiedAt, content: bytes.span.bytes)
    }
}
