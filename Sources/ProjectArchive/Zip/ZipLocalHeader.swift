// The header in front of an entry's bytes says again what the directory says. Readers differ in
// whom they believe, so the two must agree.

internal import Basics

extension ZipDirectory {
    /// A window for reading local headers, which lie far apart.
    func localHeaderWindow() -> FileWindow {
        FileWindow(file, subject: subject, end: range.lowerBound, windowByteCount: 4 << 10)
    }

    /// Where the bytes of `entry` stand in the file: behind its local header, before the directory.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the local header contradicts the
    ///   directory.
    func contentRange(
        of entry: ZipEntry, in window: inout FileWindow
    ) throws(AssetError) -> Range<Int> {
        let subject = subject
        let header = try window.withBytes(at: entry.offset, count: ZipSize.localHeader) {
            bytes throws(AssetError) in
            try subject.reading(bytes) { reader throws(AssetError) in
                guard try reader.integer(UInt32.self) == ZipSignature.localHeader else {
                    throw subject.refused(entry.path, "is not where the directory says")
                }
                return try ZipHeader(&reader)
            }
        }
        let headerByteCount =
            ZipSize.localHeader + header.nameByteCount + header.extraByteCount
        try window.withBytes(at: entry.offset, count: headerByteCount) {
            bytes throws(AssetError) in
            try subject.reading(bytes) { reader throws(AssetError) in
                try reader.skip(ZipSize.localHeader)
                try compare(entry, header, &reader)
            }
        }
        let start = entry.offset + headerByteCount
        guard entry.storedByteCount <= range.lowerBound - start else {
            throw subject.refused(entry.path, "reaches into the directory")
        }
        return start..<start + entry.storedByteCount
    }

    private func compare(
        _ entry: ZipEntry, _ header: ZipHeader, _ reader: inout ByteReader
    ) throws(AssetError) {
        let name = try reader.array(count: header.nameByteCount)
        let extra = try ExtraFields(&reader, byteCount: header.extraByteCount, subject: subject)
        let contradiction: String? =
            if name != entry.rawName {
                "name"
            } else if let local = extra.unicodePath?.utf8, local != entry.unicodeName {
                "name"
            } else if header.method != entry.method.rawValue {
                "method"
            } else if header.flags.intersection(.decisive)
                != entry.flags.intersection(.decisive)
            {
                "flags"
            } else if !(try sizesAgree(entry, header, extra)) {
                "size"
            } else if header.crc32 != entry.crc32,
                !(header.crc32 == 0 && header.flags.contains(.dataDescriptor))
            {
                "checksum"
            } else {
                nil
            }
        if let contradiction {
            throw subject.refused(
                entry.path,
                "has one \(contradiction) in the directory and another at its place")
        }
    }

    /// A local header whose sizes follow the bytes has zeros, or what it knew already.
    private func sizesAgree(
        _ entry: ZipEntry, _ header: ZipHeader, _ extra: ExtraFields
    ) throws(AssetError) -> Bool {
        // Some tools announce that sizes to come will be long by a zip64 field alone.
        var extra = extra
        let isSaturated =
            header.byteCount == ZipSaturated.long || header.storedByteCount == ZipSaturated.long
        let follow = header.flags.contains(.dataDescriptor)
        if !isSaturated, follow, extra.zip64?.allSatisfy({ $0 == 0 }) == true { extra.zip64 = nil }
        let sizes = try extra.resolve(
            [header.byteCount, header.storedByteCount], subject: subject)
        return (sizes[0] == entry.byteCount || follow && sizes[0] == 0)
            && (sizes[1] == entry.storedByteCount || follow && sizes[1] == 0)
    }
}
