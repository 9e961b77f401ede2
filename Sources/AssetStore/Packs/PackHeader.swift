// The first page of a pack file.
//
//   OFFSET  SIZE  MEANING
//        0     8  magic, the bytes "ASSTPACK"
//        8     4  version of the pack format: 1
//       12     4  zero
//       16     8  the pack's number
//       24     8  the store's identifier, high half
//       32     8  the store's identifier, low half
//       40     8  XXH3-64 of the 40 bytes above
//       48  4048  zero
//
// Integers are little-endian. Records follow at 4096.

package import Basics

/// The header of a pack file.
package struct PackHeader: Equatable {
    package static let byteCount = 4096
    static let magic: [UInt8] = Array("ASSTPACK".utf8)
    static let version: UInt32 = 1

    var pack: PackID
    var storeID: AssetID

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(contentsOf: Self.magic)
        writer.append(Self.version)
        writer.append(UInt32(0))
        writer.append(pack.number)
        writer.append(storeID.high)
        writer.append(storeID.low)
        unsafe writer.append(checksum64(writer.bytes.span.bytes))
        writer.append(contentsOf: [UInt8](repeating: 0, count: Self.byteCount - writer.count))
        return writer.bytes
    }

    init(pack: PackID, storeID: AssetID) {
        self.pack = pack
        self.storeID = storeID
    }

    /// Reads a pack's header.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the bytes are none, or were changed.
    package init(decoding bytes: RawSpan) throws(AssetError) {
        self = try ByteReader.read(bytes, subject: "a pack's header") {
            (reader) throws(AssetError) in
            try PackHeader(&reader, bytes)
        }
    }

    private init(_ reader: inout ByteReader, _ bytes: RawSpan) throws(AssetError) {
        guard try reader.array(count: 8) == Self.magic else {
            throw reader.damaged("the file is not a pack")
        }
        guard try reader.integer(UInt32.self) == Self.version else {
            throw reader.damaged("its version is unknown")
        }
        _ = try reader.integer(UInt32.self)
        pack = PackID(number: try reader.integer())
        storeID = AssetID(high: try reader.integer(), low: try reader.integer())
        guard try reader.integer() == checksum64(bytes.extracting(first: 40)) else {
            throw reader.damaged("its checksum does not match")
        }
    }
}
