// What a payload says of itself before anything is unpacked.

public import Basics

/// The beginning of a lossless payload.
///
/// | OFFSET | SIZE | MEANING |
/// |-------:|-----:|---------|
/// | 0 | 1 | version: 1 |
/// | 1 | 1 | the frame's ``PixelFormat`` |
/// | 2 | 1 | 1 when a reference is needed, else 0 |
/// | 3 | 1 | 0 |
/// | 4 | 4 | width |
/// | 8 | 4 | height |
/// | 12 | 4 | rows of a band, even |
/// | 16 | 8 | checksum of the reference, else 0 |
/// | 24 | 4 | bytes of the codes that follow |
///
/// Then come the codes, 4 bytes for the length of each band, the bands, and 8 bytes of zeros.
public struct LosslessHeader: Sendable, Equatable {
    /// Pixels, within ``Limits/frameSide``.
    public let width: Int
    /// Pixels, within ``Limits/frameSide``.
    public let height: Int
    /// What the samples mean.
    public let format: PixelFormat
    /// Rows that are unpacked together.
    public let bandRows: Int
    /// The checksum of the frame that is needed to unpack this one; `nil` when none is.
    public let referenceChecksum: UInt64?
    /// Bytes of the codes.
    let codesByteCount: Int

    static let byteCount = 28
    static let version: UInt8 = 1
    /// What follows the last band, so that bits can be read 8 bytes at a time.
    static let tailByteCount = 8

    /// Reads the beginning of a payload.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when it can't be one,
    ///   ``AssetError/Code/unsupportedFormat`` for a newer version or pixel format.
    public init(_ payload: RawSpan) throws(AssetError) {
        self = try ByteReader.read(payload, subject: "a lossless frame") {
            (reader) throws(AssetError) in
            let version = try reader.integer(UInt8.self)
            guard version == Self.version else {
                throw AssetError(
                    .unsupportedFormat,
                    "a lossless frame of version \(version) can't be unpacked; use a newer program")
            }
            let number = try reader.integer(UInt8.self)
            guard let format = PixelFormat(rawValue: number) else {
                throw AssetError(
                    .unsupportedFormat,
                    "a lossless frame of pixel format \(number) can't be unpacked; use a newer "
                        + "program")
            }
            let flag = try reader.integer(UInt8.self)
            guard flag <= 1, try reader.integer(UInt8.self) == 0 else {
                throw reader.damaged("a flag is neither 0 nor 1")
            }
            let width = Int(try reader.integer(UInt32.self))
            let height = Int(try reader.integer(UInt32.self))
            let bandRows = Int(try reader.integer(UInt32.self))
            let checksum = try reader.integer(UInt64.self)
            let codesByteCount = Int(try reader.integer(UInt32.self))
            guard Limits.frameSide.contains(width), Limits.frameSide.contains(height),
                Limits.losslessBandRows.contains(bandRows), bandRows % 2 == 0
            else { throw reader.damaged("\(width)×\(height) pixels, \(bandRows) rows in a band") }
            guard flag == 1 || checksum == 0 else { throw reader.damaged("a checksum of nothing") }
            return LosslessHeader(
                width: width, height: height, format: format, bandRows: bandRows,
                referenceChecksum: flag == 1 ? checksum : nil, codesByteCount: codesByteCount)
        }
    }

    init(
        width: Int, height: Int, format: PixelFormat, bandRows: Int, referenceChecksum: UInt64?,
        codesByteCount: Int
    ) {
        (self.width, self.height, self.format) = (width, height, format)
        (self.bandRows, self.referenceChecksum) = (bandRows, referenceChecksum)
        self.codesByteCount = codesByteCount
    }

    /// The bytes of the header.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.append(Self.version)
        writer.append(format.rawValue)
        writer.append(UInt8(referenceChecksum == nil ? 0 : 1))
        writer.append(UInt8(0))
        writer.append(UInt32(width))
        writer.append(UInt32(height))
        writer.append(UInt32(bandRows))
        writer.append(referenceChecksum ?? 0)
        writer.append(UInt32(codesByteCount))
        return writer.bytes
    }
}

extension Frame {
    /// A checksum of the samples, wherever their rows lie: XXH3-64 of the XXH3-64 of each row of
    /// each plane. Cost: about 1 ms for 1920×1080.
    public var samplesChecksum: UInt64 {
        var writer = ByteWriter(capacity: 8 * planes.reduce(0) { $0 + $1.rows })
        withBytes { memory in
            for plane in planes {
                for row in 0..<plane.rows {
                    let start = plane.offset + row * plane.stride
                    writer.append(
                        checksum64(memory.extracting(start..<start + plane.rowByteCount)))
                }
            }
        }
        return unsafe checksum64(writer.bytes.span.bytes)
    }
}
