// Who a payload belongs to, in words: what is written behind the bytes in a pack, so that a store can
// be made anew from its packs alone.
//
//   OFFSET  SIZE  MEANING
//        0     1  kind: 1 asset, 2 frame, 3 asset whose commit can be done again from its record
//        1     …  see below
//   last 8     8  XXH3-64 of all bytes before
//
// An asset's description lies behind its last part: identifier (16), project (text), the record of
// the asset as the catalog has it. A frame's: job (16), codec (1), width (4), height (4), project
// (text). Kind 3 is an asset whose only part is this record and whose commit entered nothing else, so
// that the commit can be done again from it.

package import Basics
internal import LMDB

/// What is written behind a payload.
package enum RecordDescription: Equatable {
    case asset(AssetID, project: String, Asset.Record, isReplayable: Bool)
    case frame(JobID, FrameFacts, project: String)

    /// The bytes, with their checksum.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        switch self {
        case .asset(let id, let project, let record, let isReplayable):
            writer.append(UInt8(isReplayable ? 3 : 1))
            writer.append(id.high)
            writer.append(id.low)
            writer.append(project)
            record.append(to: &writer)
        case .frame(let job, let facts, let project):
            writer.append(UInt8(2))
            writer.append(job.high)
            writer.append(job.low)
            writer.append(facts.codec)
            writer.append(UInt32(facts.width))
            writer.append(UInt32(facts.height))
            writer.append(project)
        }
        unsafe writer.append(checksum64(writer.bytes.span.bytes))
        return writer.bytes
    }

    /// Reads a description.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the bytes are none, or were changed.
    package init(decoding bytes: RawSpan) throws(AssetError) {
        guard bytes.byteCount > 8 else {
            throw AssetError(.damaged, "a record's description ends early")
        }
        let content = bytes.extracting(droppingLast: 8)
        let expected = checksum64(content)
        self = try ByteReader.read(bytes, subject: "a record's description") {
            (reader) throws(AssetError) in
            let description = try RecordDescription(&reader)
            guard try reader.integer() == expected else {
                throw reader.damaged("its checksum does not match")
            }
            try reader.finish()
            return description
        }
    }

    private init(_ reader: inout ByteReader) throws(AssetError) {
        let kind: UInt8 = try reader.integer()
        let (high, low): (UInt64, UInt64) = (try reader.integer(), try reader.integer())
        switch kind {
        case 1, 3:
            let project = try reader.string()
            self = .asset(
                AssetID(high: high, low: low), project: project,
                try Asset.Record(value: &reader), isReplayable: kind == 3)
        case 2:
            let facts = FrameFacts(
                codec: try reader.integer(), width: Int(try reader.integer(UInt32.self)),
                height: Int(try reader.integer(UInt32.self)))
            self = .frame(JobID(high: high, low: low), facts, project: try reader.string())
        default: throw reader.damaged("it is of an unknown kind")
        }
    }
}
