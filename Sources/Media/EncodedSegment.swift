// Encoded packets, and their form as bytes, so that finished segments can be stored and joined
// later without encoding again.

public import Basics

/// One encoded frame of video or audio.
public struct EncodedPacket: Sendable, Equatable {
    /// What the encoder made of the frame.
    public let bytes: [UInt8]
    /// When it is shown: a frame number for video, a sample frame for audio.
    public let pts: Int64
    /// When it is decoded, in the same unit; grows from packet to packet.
    public let dts: Int64
    /// How long it lasts, in the same unit.
    public let duration: Int64
    /// Whether decoding can begin here.
    public let isKey: Bool

    /// A packet; times are in the unit of its track.
    public init(bytes: [UInt8], pts: Int64, dts: Int64, duration: Int64, isKey: Bool) {
        self.bytes = bytes
        self.pts = pts
        self.dts = dts
        self.duration = duration
        self.isKey = isKey
    }
}

/// The packets of one encoder, from its first to its last, with what a decoder needs before them.
///
/// ```
/// OFFSET  SIZE  MEANING
///      0     1  version, 1
///      1     4  e, bytes of extradata
///      5     4  n, number of packets
///      9     e  extradata
///           then n times:
///      0     8  pts
///      8     8  dts
///     16     8  duration
///     24     1  1 when decoding can begin here, else 0
///     25     4  b, bytes of the packet
///     29     b  the packet
/// ```
/// All integers are little-endian.
public struct EncodedSegment: Sendable, Equatable {
    /// The codec's parameters: ``SegmentEncoder/extradata`` or ``AudioEncoder/extradata``.
    public let extradata: [UInt8]
    /// The packets in decoding order.
    public let packets: [EncodedPacket]

    /// A segment of what an encoder made, from its first packet to its last.
    public init(extradata: [UInt8], packets: [EncodedPacket]) {
        self.extradata = extradata
        self.packets = packets
    }

    private static let version: UInt8 = 1
    private static let packetHeaderByteCount = 29

    /// The segment as bytes.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when a packet is larger than
    ///   ``Limits/recordByteCountMax``.
    public func encoded() throws(AssetError) -> [UInt8] {
        let byteCount = packets.reduce(extradata.count) {
            $0 + Self.packetHeaderByteCount + $1.bytes.count
        }
        guard byteCount <= Limits.recordByteCountMax else {
            throw AssetError(
                .invalidArgument,
                "a segment of \(byteCount) bytes is larger than \(Limits.recordByteCountMax); "
                    + "make segments shorter")
        }
        var writer = ByteWriter(capacity: byteCount + 9)
        writer.append(Self.version)
        writer.append(UInt32(extradata.count))
        writer.append(UInt32(packets.count))
        writer.append(contentsOf: extradata)
        for packet in packets {
            writer.append(packet.pts)
            writer.append(packet.dts)
            writer.append(packet.duration)
            writer.append(UInt8(packet.isKey ? 1 : 0))
            writer.append(UInt32(packet.bytes.count))
            writer.append(contentsOf: packet.bytes)
        }
        return writer.bytes
    }

    /// Reads what ``encoded()`` wrote. Takes no more memory than a few times the bytes.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the bytes are no segment,
    ///   ``AssetError/Code/unsupportedFormat`` when a newer version wrote them.
    public init(decoding bytes: RawSpan) throws(AssetError) {
        do {
            self = try ByteReader.read(bytes, subject: "an encoded segment") { reader in
                try Self.read(&reader)
            }
        } catch let error as AssetError {
            throw error
        } catch {
            throw AssetError(.damaged, "an encoded segment is damaged", cause: error)
        }
    }

    private static func read(_ reader: inout ByteReader) throws(AssetError) -> EncodedSegment {
        let version = try reader.integer(UInt8.self)
        guard version == Self.version else {
            throw AssetError(
                .unsupportedFormat,
                "an encoded segment has version \(version), and this program knows "
                    + "\(Self.version); encode it again or use a newer program")
        }
        let extradataCount = Int(try reader.integer(UInt32.self))
        let count = Int(try reader.integer(UInt32.self))
        let extradata = try reader.array(count: extradataCount)
        guard count <= reader.remaining / packetHeaderByteCount else {
            throw reader.damaged("it is too short for \(count) packets")
        }
        var packets: [EncodedPacket] = []
        packets.reserveCapacity(count)
        for _ in 0..<count { packets.append(try readPacket(&reader)) }
        try reader.finish()
        return EncodedSegment(extradata: extradata, packets: packets)
    }

    private static func readPacket(
        _ reader: inout ByteReader
    ) throws(AssetError) -> EncodedPacket {
        let pts = try reader.integer(Int64.self)
        let dts = try reader.integer(Int64.self)
        let duration = try reader.integer(Int64.self)
        let key = try reader.integer(UInt8.self)
        guard key <= 1 else { throw reader.damaged("a key flag is neither 0 nor 1") }
        let byteCount = Int(try reader.integer(UInt32.self))
        return EncodedPacket(
            bytes: try reader.array(count: byteCount), pts: pts, dts: dts, duration: duration,
            isKey: key == 1)
    }
}
