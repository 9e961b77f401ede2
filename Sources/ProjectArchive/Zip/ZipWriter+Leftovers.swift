// Going on with an archive whose writer was killed. The same entries in the same order give the same
// bytes, so each entry that is to be written is first looked for where it would stand; the first one
// that is not there, whole and right, ends this, and the rest is written anew.

internal import AssetStore
package import Basics

extension ZipWriter {
    /// Takes over the next entry from what an earlier run wrote, where it is the one described, and
    /// its content has the checksum. Says whether it did; when not, nothing is taken over any more,
    /// and the entry is to be added.
    ///
    /// - Complexity: O(`byteCount`), reading.
    package func keep(
        _ path: String, modifiedAt: Timestamp, byteCount: Int, checksum: ContentChecksum
    ) throws(AssetError) -> Bool {
        guard output.leftoverEnd > 0 else { return false }
        var isRight = false
        if let (record, content) = try leftover(path, modifiedAt, byteCount) {
            var crc = CRC32()
            var hasher = ContentHasher()
            try forEachLeftoverPiece(of: content) { piece in
                crc.update(piece)
                hasher.update(piece)
                return true
            }
            if crc.value == record.crc32, hasher.value() == checksum {
                isRight = true
                try take(record, end: content.upperBound)
            }
        }
        if !isRight { output.dropLeftovers() }
        return isRight
    }

    /// Like ``keep(_:modifiedAt:byteCount:checksum:)``, for content that is at hand.
    package func keep(
        _ path: String, modifiedAt: Timestamp, content: RawSpan
    ) throws(AssetError) -> Bool {
        guard output.leftoverEnd > 0 else { return false }
        var isRight = false
        if let (record, range) = try leftover(path, modifiedAt, content.byteCount),
            record.crc32 == CRC32.of(content)
        {
            var (isSame, offset) = (true, 0)
            try forEachLeftoverPiece(of: range) { piece in
                isSame = piece.isEqual(
                    to: content.extracting(offset..<offset + piece.byteCount))
                offset += piece.byteCount
                return isSame
            }
            if isSame, offset == content.byteCount {
                isRight = true
                try take(record, end: range.upperBound)
            }
        }
        if !isRight { output.dropLeftovers() }
        return isRight
    }

    /// The record of an entry whose local header stands where it would be written, and where its
    /// content is.
    private func leftover(
        _ path: String, _ modifiedAt: Timestamp, _ byteCount: Int
    ) throws(AssetError) -> (record: ZipRecord, content: Range<Int>)? {
        try admit(path)
        var record = ZipRecord(
            path: path, method: .stored, modifiedAt: modifiedAt, storedByteCount: byteCount,
            byteCount: byteCount, offset: output.byteCount,
            reservesLongSizes: Self.mayBeLong(byteCount))
        let start = record.offset
        let headerByteCount = record.localHeader().count
        guard byteCount <= output.leftoverEnd - start - headerByteCount else { return nil }
        let found = try output.file.read(at: start, count: headerByteCount)
        guard found.count == headerByteCount else { return nil }
        record.crc32 = (0..<4).reduce(0) { $0 | UInt32(found[14 + $1]) << UInt32(8 * $1) }
        guard found == record.localHeader() else { return nil }
        return (record, start + headerByteCount..<start + headerByteCount + byteCount)
    }

    private func take(_ record: ZipRecord, end: Int) throws(AssetError) {
        output.keep(end - record.offset)
        try enter(record)
    }

    private func forEachLeftoverPiece(
        of range: Range<Int>, _ body: (RawSpan) -> Bool
    ) throws(AssetError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try output.file.read(
                at: offset, count: min(1 << 20, range.upperBound - offset))
            guard !piece.isEmpty, unsafe body(piece.span.bytes) else { return }
            offset += piece.count
        }
    }
}
