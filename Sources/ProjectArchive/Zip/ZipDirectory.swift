// Reads the directory of an archive, record by record, and refuses what no honest tool writes.

internal import Basics

/// The records of an archive's directory. Thread-safe: each caller brings its own window.
struct ZipDirectory: Sendable {
    let subject: ZipSubject
    let file: File
    /// Where the records stand in the file.
    let range: Range<Int>

    /// A window for reading records: a large one for many in a row, a small one for single ones.
    func window(byteCount: Int) -> FileWindow {
        FileWindow(file, subject: subject, end: range.upperBound, windowByteCount: byteCount)
    }

    /// The entry whose record stands at `position`, counted from the directory's start, and the
    /// position behind it.
    func entry(
        at position: Int, in window: inout FileWindow
    ) throws(AssetError) -> (entry: ZipEntry, next: Int) {
        let offset = range.lowerBound + position
        let subject = subject
        let byteCount = try window.withBytes(at: offset, count: ZipSize.directoryRecord) {
            bytes throws(AssetError) in
            try subject.reading(bytes) { reader throws(AssetError) in
                guard try reader.integer(UInt32.self) == ZipSignature.directoryRecord else {
                    throw subject.refused("its directory is damaged")
                }
                try reader.skip(24)
                var byteCount = ZipSize.directoryRecord
                for _ in 0..<3 { byteCount += Int(try reader.integer(UInt16.self)) }
                return byteCount
            }
        }
        let entry = try window.withBytes(at: offset, count: byteCount) {
            bytes throws(AssetError) in
            try subject.reading(bytes) { reader throws(AssetError) in
                try parse(&reader, position: position)
            }
        }
        return (entry, position + byteCount)
    }

    private func parse(
        _ reader: inout ByteReader, position: Int
    ) throws(AssetError) -> ZipEntry {
        // Signature, and the version and system of the maker.
        try reader.skip(6)
        let header = try ZipHeader(&reader)
        let commentByteCount = Int(try reader.integer(UInt16.self))
        let disk = try reader.integer(UInt16.self)
        try reader.skip(2)
        let mode = UInt16(truncatingIfNeeded: try reader.integer(UInt32.self) >> 16)
        let offset = try reader.integer(UInt32.self)
        let rawName = try reader.array(count: header.nameByteCount)
        let extra = try ExtraFields(
            &reader, byteCount: header.extraByteCount, subject: subject)
        try reader.skip(commentByteCount)

        let path = try path(rawName, header.flags, extra)
        guard disk == 0 || disk == ZipSaturated.short else {
            throw subject.refused("it is one part of an archive that was split")
        }
        let sizes = try extra.resolve(
            [header.byteCount, header.storedByteCount, offset], subject: subject)
        let entry = ZipEntry(
            path: path, isFolder: ZipName.isFolder(path), byteCount: sizes[0],
            storedByteCount: sizes[1], method: try method(header, path), crc32: header.crc32,
            modifiedAt: extra.modifiedSeconds.map {
                Timestamp(millisecondsSinceEpoch: $0 * 1000)
            } ?? header.time.timestamp,
            rawName: rawName, unicodeName: extra.unicodePath?.utf8, flags: header.flags,
            offset: sizes[2], position: position)
        try check(entry, mode: mode)
        return entry
    }

    private func path(
        _ rawName: [UInt8], _ flags: ZipFlags, _ extra: ExtraFields
    ) throws(AssetError) -> String {
        let plain: String
        if flags.contains(.utf8Name) {
            guard let text = String(validating: rawName, as: UTF8.self) else {
                throw subject.refused(ZipName.text(rawName), "is no UTF-8, as it claims to be")
            }
            plain = text
        } else {
            plain = ZipName.text(rawName)
        }
        var path = plain
        // The extra name counts only for the name it was made for.
        if let unicode = extra.unicodePath,
            unsafe unicode.nameCRC32 == CRC32.of(rawName.span.bytes)
        {
            guard let text = String(validating: unicode.utf8, as: UTF8.self) else {
                throw subject.refused(plain, "is no UTF-8, as it claims to be")
            }
            path = text
        }
        // What stands before everything in “./name” says nothing; “./” is the folder of all.
        if path.utf8.elementsEqual("./".utf8) { return path }
        if path.utf8.starts(with: "./".utf8) { path = String(path.unicodeScalars.dropFirst(2)) }
        if let objection = ZipName.objection(to: path) {
            throw subject.refused(path, "is no name to trust: \(objection)")
        }
        return path
    }

    private func method(_ header: ZipHeader, _ path: String) throws(AssetError) -> ZipMethod {
        if !header.flags.isDisjoint(with: [.encrypted, .stronglyEncrypted, .maskedHeader]) {
            throw subject.refused(
                path, "is encrypted; make an archive without a password")
        }
        guard !header.flags.contains(.patch), let method = ZipMethod(rawValue: header.method)
        else {
            throw subject.refused(
                path,
                "is packed by \(ZipMethod.name(header.method)); pack it by deflate, or not at all")
        }
        return method
    }

    /// What a record can be known to lie about without looking further.
    private func check(_ entry: ZipEntry, mode: UInt16) throws(AssetError) {
        switch mode & 0xF000 {
        case 0, 0x8000: break
        case 0x4000 where entry.isFolder: break
        case 0x4000: throw subject.refused(entry.path, "is a folder and a file at once")
        case 0xA000: throw subject.refused(entry.path, "is a link")
        default: throw subject.refused(entry.path, "is a device, a pipe or a socket")
        }
        guard !entry.isFolder || entry.byteCount == 0 else {
            throw subject.refused(entry.path, "is a folder with content")
        }
        switch entry.method {
        case .stored:
            guard entry.storedByteCount == entry.byteCount else {
                throw subject.refused(entry.path, "is stored with two different sizes")
            }
        case .deflated:
            guard entry.byteCount / ZipMethod.expansionMax <= entry.storedByteCount else {
                throw subject.refused(
                    entry.path,
                    "claims \(entry.byteCount) bytes of content in \(entry.storedByteCount)")
            }
        }
    }
}

/// What local headers and the directory's records have in common.
struct ZipHeader: Sendable, Equatable {
    var flags: ZipFlags
    var method: UInt16
    var time: ZipTime
    var crc32: UInt32
    var storedByteCount: UInt32
    var byteCount: UInt32
    var nameByteCount: Int
    var extraByteCount: Int

    /// Reads from the version on.
    init(_ reader: inout ByteReader) throws(AssetError) {
        try reader.skip(2)
        flags = ZipFlags(rawValue: try reader.integer())
        method = try reader.integer()
        time = ZipTime(rawValue: try reader.integer())
        crc32 = try reader.integer()
        storedByteCount = try reader.integer()
        byteCount = try reader.integer()
        nameByteCount = Int(try reader.integer(UInt16.self))
        extraByteCount = Int(try reader.integer(UInt16.self))
    }
}
