// How a payload lies in a pack. A record explains itself, so that payloads can be found, checked and
// given back their names when the catalog is lost.
//
//   OFFSET  SIZE  MEANING
//        0     4  magic, the bytes "REC2"
//        4     1  kind of owner: 1 part of a content, 2 frame, 3 segment
//        5     1  packing: how the stored bytes come from the bytes; see PayloadPacking
//        6     1  namespace
//        7     1  track of a segment; otherwise 0
//        8     8  identifier of the content or the sequence, high half
//       16     8  its low half
//       24     8  number of the part, frame or segment
//       32     8  byte count of the payload
//       40     4  stored byte count: the bytes that follow this header
//       44     4  byte count of the description, which follows them; see RecordDescription
//       48     8  XXH3-64 of the stored bytes
//       56     8  XXH3-64 of the 56 bytes above
//
// Integers are little-endian. The next record begins at the next multiple of 64.

package import Basics

/// The 64 bytes before each payload in a pack.
package struct RecordHeader: Equatable {
    package static let byteCount = 64
    /// Records begin at multiples of this.
    static let alignment = 64
    static let magic: [UInt8] = Array("REC2".utf8)

    var owner: RecordOwner
    package var packing: PayloadPacking
    var namespace: Namespace
    package var payloadByteCount: UInt64
    package var storedByteCount: UInt32
    package var descriptionByteCount: UInt32
    package var checksum: UInt64

    /// The bytes that a record takes in a pack.
    static func recordByteCount(
        storedByteCount: UInt64, descriptionByteCount: UInt32
    ) -> UInt64 {
        aligned(UInt64(byteCount) + storedByteCount + UInt64(descriptionByteCount))
    }

    /// Where the next record begins, behind one that ends here.
    static func aligned<Offset: FixedWidthInteger>(_ end: Offset) -> Offset {
        (end + Offset(alignment) - 1) / Offset(alignment) * Offset(alignment)
    }

    /// The header's 64 bytes.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(contentsOf: Self.magic)
        writer.append(owner.kind.rawValue)
        writer.append(packing.rawValue)
        writer.append(namespace.rawValue)
        writer.append(owner.track)
        writer.append(owner.high)
        writer.append(owner.low)
        writer.append(owner.index)
        writer.append(payloadByteCount)
        writer.append(storedByteCount)
        writer.append(descriptionByteCount)
        writer.append(checksum)
        unsafe writer.append(checksum64(writer.bytes.span.bytes))
        return writer.bytes
    }

    /// The header of the record at a location.
    init(_ location: PayloadLocation, owner: RecordOwner, namespace: Namespace) {
        self.owner = owner
        self.namespace = namespace
        packing = location.packing
        payloadByteCount = location.byteCount
        storedByteCount = UInt32(truncatingIfNeeded: location.storedByteCount)
        descriptionByteCount = location.descriptionByteCount
        checksum = location.checksum
    }

    /// Reads a header.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the bytes are no header, or were changed.
    package init(decoding bytes: RawSpan) throws(AssetError) {
        self = try ByteReader.read(bytes, subject: "a record's header") {
            (reader) throws(AssetError) in
            try RecordHeader(&reader, checksum64(bytes.extracting(first: 56)))
        }
    }

    private init(_ reader: inout ByteReader, _ expectedChecksum: UInt64) throws(AssetError) {
        guard try reader.array(count: 4) == Self.magic else {
            throw reader.damaged("it does not begin like one")
        }
        guard let kind = RecordOwner.Kind(rawValue: try reader.integer()),
            let packing = PayloadPacking(rawValue: try reader.integer()),
            let namespace = Namespace(rawValue: try reader.integer())
        else { throw reader.damaged("it has an unknown kind") }
        let track: UInt8 = try reader.integer()
        owner = RecordOwner(
            kind: kind, high: try reader.integer(), low: try reader.integer(), track: track,
            index: try reader.integer())
        self.packing = packing
        self.namespace = namespace
        payloadByteCount = try reader.integer()
        storedByteCount = try reader.integer()
        descriptionByteCount = try reader.integer()
        checksum = try reader.integer()
        guard try reader.integer() == expectedChecksum else {
            throw reader.damaged("its checksum does not match")
        }
        try reader.finish()
    }
}
