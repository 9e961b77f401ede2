import AssetStore
import Basics
import Exporting
import Synchronization
import TestSupport
import Testing

/// What `docs/format.md` says of segments is what a render stores.
@Suite struct SegmentFormatDocument {
    @Test func segmentsOfAnInterruptedRender() throws {
        let tables = try FormatTables(besideTestsOf: #filePath)
        let fixture = try RenderFixture()
        let store = try Store.create(at: fixture.storePath())
        let job = try RenderJob.submit(try fixture.request(), to: store)
        let isSegmentEncoded = Atomic<Bool>(false)
        // One worker encodes the audio first, and looks at the flag only between segments.
        #expect(throws: AssetError(.cancelled, "")) {
            try job.run(
                workerCount: 1, isCancelled: { isSegmentEncoded.load(ordering: .relaxed) },
                progress: {
                    if $0.encodedFrameCount >= 100 {
                        isSegmentEncoded.store(true, ordering: .relaxed)
                    }
                })
        }

        let video = try segment(track: 0, index: 0, of: job, tables)
        #expect(!video.extradata.isEmpty && video.packets.count == 100)
        #expect(video.packets.first?.number("isKey") == 1)
        #expect(Set(video.packets.map { $0.number("pts") }) == Set((0..<100).map { UInt64($0) }))
        #expect(video.packets.allSatisfy { $0.number("duration") == 1 })

        let header = try #require(
            try store.withSegment(track: 2, index: 0, of: job.id) { bytes in
                try tables.read(
                    unsafe bytes.withUnsafeBytes { unsafe Array($0) }, as: "AudioTrackHeader")
            })
        #expect(header.number("version") == 1 && header.number("sampleRate") == 22_050)
        #expect(header.number("channelCount") == 2 && header.number("initialPadding") == 1024)
        let pieces = try store.segmentIndexes(of: job.id, track: 1)
        #expect(header.number("pieceCount") == UInt64(pieces.count))
        let audio = try segment(track: 1, index: 0, of: job, tables)
        #expect(audio.extradata.isEmpty)
        #expect(audio.packets.first?.number("duration") == 1024)
    }

    /// A stored segment, read as the document says.
    private func segment(
        track: UInt8, index: Int, of job: RenderJob, _ tables: FormatTables
    ) throws -> (extradata: [UInt8], packets: [FormatFields]) {
        let bytes = try #require(
            try job.store.withSegment(track: track, index: index, of: job.id) { bytes in
                unsafe bytes.withUnsafeBytes { unsafe Array($0) }
            })
        let segment = try tables.read(bytes, as: "EncodedSegment")
        #expect(segment.number("version") == 1)
        let extradataCount = Int(try #require(segment.number("extradataByteCount")))
        let rest = try #require(segment.bytes("extradataAndPackets"))
        var packets: [FormatFields] = []
        var position = extradataCount
        while position < rest.count {
            let size = rest[position + 25..<position + 29].reversed().reduce(0) {
                $0 << 8 | Int($1)
            }
            let end = position + 29 + size
            packets.append(try tables.read(Array(rest[position..<end]), as: "EncodedPacket"))
            position = end
        }
        #expect(segment.number("packetCount") == UInt64(packets.count))
        return (Array(rest[..<extradataCount]), packets)
    }
}
