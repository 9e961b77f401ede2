// Finding the records of a pack without a catalog: from one header to the next, and after damage at
// the next multiple of 64 where a header is.

package import Basics

/// Walks over the records of one pack file. Trusts nothing that it reads.
package struct PackScanner {
    /// What lies at a place of the pack.
    package enum Finding {
        /// A record whose header and payload are intact. Its description is, too, if it is there.
        case record(RecordHeader, offset: Int, RecordDescription?)
        /// A header that is intact, of a record that is not.
        case damaged(RecordHeader, offset: Int)
        /// The header of a record whose disk blocks were given back.
        case givenBack(RecordHeader)
    }

    private let map: MappedFile
    package let byteCount: Int
    /// What headers say is only believed so far: nested ones could have the same bytes summed up
    /// again and again.
    private var checksumByteCountLeft: Int

    /// What is packed is taken into memory to be unpacked.
    private static let unpackedByteCountMax: UInt64 = 64 << 20

    /// Opens a pack file, which nobody must shorten meanwhile; `nil` when it holds nothing.
    package init?(_ file: File) throws(AssetError) {
        byteCount = try file.byteCount()
        guard byteCount > PackHeader.byteCount else { return nil }
        map = try MappedFile(file, byteCount: byteCount)
        checksumByteCountLeft = byteCount.multipliedReportingOverflow(by: 4).partialValue
    }

    /// Calls `body` with what is found, in order.
    ///
    /// - Parameter progress: called with the place now and then; return false to stop.
    /// - Complexity: O(bytes that are no holes), whatever the headers say.
    package mutating func scan(
        _ body: (Finding) throws -> Void, progress: (Int) -> Bool
    ) throws {
        var position = PackHeader.byteCount
        var dataEnd = 0
        var told = 0
        while position + RecordHeader.byteCount <= byteCount {
            if position >= dataEnd {
                guard let data = try map.file.data(from: position) else { return }
                position = max(position, data.lowerBound / 64 * 64)
                dataEnd = min(data.upperBound, byteCount)
                continue
            }
            if position - told >= 1 << 20 {
                told = position
                guard progress(position) else {
                    throw AssetError(.cancelled, "salvaging was interrupted")
                }
            }
            guard let finding = try finding(at: position) else {
                position += 64
                continue
            }
            try body(finding)
            switch finding {
            case .record(let header, _, _): position += Int(header.recordByteCount)
            case .damaged(let header, _), .givenBack(let header):
                // A header that lies about its lengths must not hide what is behind it, until there
                // were too many of them.
                position += checksumByteCountLeft > 0 ? 64 : Int(header.recordByteCount)
            }
        }
    }

    /// What a place holds; `nil` when it is no header.
    mutating func finding(at position: Int) throws -> Finding? {
        let header = map.withBytes(position..<position + RecordHeader.byteCount) { bytes in
            bytes.unsafeLoadMagic == RecordHeader.magicNumber
                ? try? RecordHeader(decoding: bytes) : nil
        }
        guard let header else { return nil }
        let start = position + RecordHeader.byteCount
        let end = start + Int(header.storedByteCount)
        let descriptionEnd = end + Int(header.descriptionByteCount)
        guard descriptionEnd <= byteCount, checksumByteCountLeft > 0,
            header.payloadByteCount <= UInt64(Limits.recordByteCountMax),
            header.packing == .none
                ? header.payloadByteCount == UInt64(header.storedByteCount)
                : header.payloadByteCount <= Self.unpackedByteCountMax
        else { return .damaged(header, offset: position) }
        guard map.withBytes(start..<end, { checksum64($0) }) == header.checksum else {
            checksumByteCountLeft -= Int(header.storedByteCount)
            return try hasHole(in: start..<end)
                ? .givenBack(header) : .damaged(header, offset: position)
        }
        let description =
            header.descriptionByteCount == 0
            ? nil : map.withBytes(end..<descriptionEnd) { try? RecordDescription(decoding: $0) }
        return .record(header, offset: position, description)
    }

    private func hasHole(in range: Range<Int>) throws(AssetError) -> Bool {
        guard let data = try map.file.data(from: range.lowerBound) else { return true }
        return data.lowerBound > range.lowerBound || data.upperBound < range.upperBound
    }
}

extension RecordHeader {
    /// The magic as a number of this machine's byte order.
    fileprivate static let magicNumber = UInt32(littleEndian: 0x3243_4552)

    /// The bytes that the record takes in a pack.
    package var recordByteCount: UInt64 {
        Self.recordByteCount(
            storedByteCount: UInt64(storedByteCount), descriptionByteCount: descriptionByteCount)
    }
}

extension RawSpan {
    /// The first four bytes.
    fileprivate var unsafeLoadMagic: UInt32 { unsafe unsafeLoadUnaligned(as: UInt32.self) }
}
