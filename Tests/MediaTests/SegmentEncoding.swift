import Basics
import FrameCodecs
import Media
import TestSupport
import Testing

@Suite struct SegmentEncoding {
    private let settings: VideoSettings

    init() throws {
        settings = try VideoSettings(
            width: 64, height: 48, frameRate: FrameRate(numerator: 30), preset: .veryfast, crf: 23)
    }

    @Test func sameFramesGiveSameBytes() throws {
        let first = try TestMedia.segment(settings, 30..<60)
        let second = try TestMedia.segment(settings, 30..<60)
        #expect(first == second)
        #expect(first.packets.count == 30)
        #expect(first.packets.contains { $0.pts != $0.dts + 2 })
    }

    @Test(arguments: [[30, 30, 30], [5, 1, 2, 1], [1], [2, 20]])
    func joinedSegmentsRunOn(_ counts: [Int]) throws {
        var start = 0
        var packets: [EncodedPacket] = []
        var extradata: Set<[UInt8]> = []
        for count in counts {
            let segment = try TestMedia.segment(settings, start..<(start + count))
            #expect(segment.packets.first?.isKey == true)
            #expect(segment.packets.first?.pts == Int64(start))
            #expect(segment.packets.allSatisfy { $0.pts >= $0.dts && $0.duration == 1 })
            extradata.insert(segment.extradata)
            packets += segment.packets
            start += count
        }
        #expect(extradata.count == 1)
        #expect(packets.map(\.dts) == (0..<start).map { Int64($0) - 2 })
        #expect(packets.map(\.pts).sorted() == (0..<start).map(Int64.init))
    }

    @Test func framesMustFollowEachOther() throws {
        let encoder = try SegmentEncoder(settings)
        let frame = try TestMedia.videoFrame(0, width: 64, height: 48)
        _ = try encoder.encode(frame, index: 7)
        for index in [7, 9, 6, -1] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                _ = try encoder.encode(frame, index: index)
            }
        }
        let other = try Frame(width: 64, height: 48, format: .yuv420JPEG)
        let larger = try Frame(width: 66, height: 48, format: .yuv420BT709)
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try encoder.encode(other, index: 8)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try encoder.encode(larger, index: 8)
        }
        #expect(try encoder.finish().count == 1)
        #expect(throws: AssetError(.invalidArgument, "")) { _ = try encoder.finish() }
    }

    @Test(arguments: [
        (65, 48, 30, 1, 20), (64, 47, 30, 1, 20), (8, 48, 30, 1, 20), (64, 9000, 30, 1, 20),
        (64, 48, 0, 1, 20), (64, 48, 30, 0, 20), (64, 48, 1000, 1, 20), (64, 48, 30, 1, 52),
        (64, 48, -30, -1, 20),
    ])
    func impossibleSettingsAreRefused(_ v: (Int, Int, Int, Int, Int)) {
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try VideoSettings(
                width: v.0, height: v.1, frameRate: FrameRate(numerator: v.2, denominator: v.3),
                crf: v.4)
        }
    }
}

@Suite struct StoredSegments {
    private func example() throws -> EncodedSegment {
        let settings = try VideoSettings(
            width: 32, height: 32, frameRate: FrameRate(numerator: 30_000, denominator: 1001),
            preset: .ultrafast, crf: 30)
        return try TestMedia.segment(settings, 10..<20)
    }

    @Test func comeBackAsTheyWere() throws {
        let segment = try example()
        let bytes = try segment.encoded()
        #expect(
            bytes.count == 9 + segment.extradata.count
                + segment.packets.reduce(0) { $0 + 29 + $1.bytes.count })
        #expect(try unsafe EncodedSegment(decoding: bytes.span.bytes) == segment)
        let empty = EncodedSegment(extradata: [], packets: [])
        let emptyBytes = try empty.encoded()
        #expect(try unsafe EncodedSegment(decoding: emptyBytes.span.bytes) == empty)
    }

    @Test func everyTruncationIsATypedError() throws {
        let bytes = try example().encoded()
        for count in 0..<bytes.count {
            let part = Array(bytes[..<count])
            #expect(throws: AssetError(.damaged, "")) {
                _ = try unsafe EncodedSegment(decoding: part.span.bytes)
            }
        }
        let longer = bytes + [0]
        #expect(throws: AssetError(.damaged, "")) {
            _ = try unsafe EncodedSegment(decoding: longer.span.bytes)
        }
    }

    @Test func anotherVersionIsNamed() throws {
        var bytes = try example().encoded()
        bytes[0] = 2
        #expect(throws: AssetError(.unsupportedFormat, "")) {
            _ = try unsafe EncodedSegment(decoding: bytes.span.bytes)
        }
    }

    @Test func mutationsNeverCrash() throws {
        let bytes = try example().encoded()
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            do throws(AssetError) {
                _ = try unsafe EncodedSegment(decoding: damaged.span.bytes)
            } catch {
                #expect(error.code == .damaged || error.code == .unsupportedFormat)
            }
        }
    }
}
