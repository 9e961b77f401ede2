import Basics
import FrameCodecs
import TestSupport
import Testing

/// What `docs/format.md` says of lossless frames is what the encoder writes.
@Suite struct LosslessFormatDocument {
    let tables: FormatTables

    init() throws { tables = try FormatTables(besideTestsOf: #filePath) }

    /// Cuts a payload into its codes and bands.
    private func parts(
        of payload: [UInt8]
    ) throws -> (header: FormatFields, codes: ArraySlice<UInt8>, bands: [ArraySlice<UInt8>]) {
        let header = try tables.read(payload, as: "LosslessFrame")
        let rest = try #require(header.bytes("codesAndBands"))
        let height = Int(try #require(header.number("height")))
        let bandRows = Int(try #require(header.number("bandRows")))
        let codesEnd = Int(try #require(header.number("codesByteCount")))
        let bandCount = (height + bandRows - 1) / bandRows
        var position = codesEnd + 4 * bandCount
        let bands = (0..<bandCount).map { band in
            let at = codesEnd + 4 * band
            let count = rest[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            defer { position += count }
            return rest[position..<position + count]
        }
        #expect(Array(rest[position...]) == [UInt8](repeating: 0, count: 8))
        return (header, rest[..<codesEnd], bands)
    }

    @Test func aFrameAndItsBands() throws {
        var encoder = LosslessEncoder()
        let opaque = try frame(.opaque, .rgba, width: 40, height: 100)
        let (header, codes, bands) = try parts(of: try encoder.bytes(of: opaque))
        #expect(header.number("version") == 1 && header.number("pixelFormat") == 2)
        #expect(header.number("needsReference") == 0 && header.number("zero") == 0)
        #expect(header.number("width") == 40 && header.number("height") == 100)
        #expect(header.number("bandRows") == 64 && header.number("referenceChecksum") == 0)
        // Each row begins with green 1 more than above; everything else follows from the columns.
        #expect(codes.count > 4 * 15 / 2 && bands.count == 2)
        for band in bands {
            let group = try tables.read(Array(band), as: "LosslessBandGroup")
            #expect(group.number("plan") == 2 || group.number("plan") == 3)
            var rest = try #require(group.bytes("tracks"))[...]
            var modes: [UInt64?] = []
            while rest.count >= 5 {
                let count = rest.dropFirst().prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
                let track = try tables.read(Array(rest.prefix(5 + count)), as: "LosslessBandTrack")
                modes.append(track.number("mode"))
                rest = rest.dropFirst(5 + count)
            }
            #expect(rest.isEmpty && modes == [1, 1, 1, 0])
        }
    }

    @Test func referencesAndNoise() throws {
        var encoder = LosslessEncoder()
        let noise = try frame(.noise, .grey, width: 50, height: 64)
        let (_, _, alone) = try parts(of: try encoder.bytes(of: noise))
        let group = try tables.read(Array(alone[0]), as: "LosslessBandGroup")
        let track = try tables.read(
            try #require(group.bytes("tracks")), as: "LosslessBandTrack")
        #expect(track.number("mode") == 2 && track.bytes("bytes")?.count == 3200)
        let (header, _, bands) = try parts(of: try encoder.bytes(of: noise, reference: noise))
        #expect(header.number("needsReference") == 1)
        #expect(header.number("referenceChecksum") == noise.samplesChecksum)
        #expect(bands.map { Array($0) } == [[32]])
    }
}
