import Basics
import Foundation
import FrameCodecs
import Media
import TestSupport
import Testing

@Suite struct MP4Files {
    private let directory: TemporaryDirectory
    private let settings: VideoSettings

    init() throws {
        directory = try TemporaryDirectory()
        settings = try VideoSettings(
            width: 64, height: 48, frameRate: FrameRate(numerator: 25), preset: .ultrafast, crf: 28)
    }

    private func segments(_ counts: [Int]) throws -> [EncodedSegment] {
        var start = 0
        return try counts.map { count in
            defer { start += count }
            return try TestMedia.segment(settings, start..<(start + count))
        }
    }

    /// The names and lengths of a file's top-level boxes.
    private func boxes(_ bytes: [UInt8]) -> [(String, Int)] {
        var boxes: [(String, Int)] = []
        var offset = 0
        while offset + 8 <= bytes.count {
            let count = bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
            boxes.append(
                (String(decoding: bytes[(offset + 4)..<(offset + 8)], as: UTF8.self), count))
            guard count >= 8 else { break }
            offset += count
        }
        return boxes
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        let file = try FileBytes(path: path)
        var bytes = [UInt8](repeating: 0, count: file.byteCount)
        var span = bytes.mutableSpan
        var buffer = unsafe span.mutableBytes
        #expect(try file.read(at: 0, into: &buffer) == file.byteCount)
        return bytes
    }

    @Test func joinedSegmentsAndAudioProbeAsWhatTheyAre() throws {
        let path = directory.file("video.mp4")
        let audio = try TestMedia.audio(rate: 44_100, channels: 2, frames: 88_200)
        try MP4Muxer.write(
            to: path, video: TestMedia.video(settings, try segments([20, 20, 10])), audio: audio,
            title: "Tïtle")
        let info = try #require(try MediaInfo.probe(try FileBytes(path: path)))
        #expect(info.kind == .video)
        #expect(info.mediaType == "video/mp4")
        #expect(info.videoCodec == "h264" && info.audioCodec == "aac")
        #expect(info.width == 64 && info.height == 48)
        #expect(info.frameRate == 25)
        #expect(info.sampleRate == 44_100 && info.channelCount == 2)
        #expect(info.durationSeconds == 2)
        #expect(info.tags["title"] == "Tïtle")
        let names = boxes(try bytes(path)).map(\.0)
        #expect(names.first == "ftyp")
        let (index, media) = (names.firstIndex(of: "moov"), names.firstIndex(of: "mdat"))
        #expect(try #require(index) < #require(media))
        #expect(boxes(try bytes(path)).reduce(0) { $0 + $1.1 } == (try bytes(path).count))
    }

    @Test func sameTracksGiveSameBytes() throws {
        let segments = try segments([10, 5])
        var sums: Set<String> = []
        for name in ["a.mp4", "b.mp4"] {
            let audio = try TestMedia.audio(rate: 48_000, channels: 1, frames: 28_800)
            try MP4Muxer.write(
                to: directory.file(name), video: TestMedia.video(settings, segments), audio: audio)
            sums.insert(try sha256(ofFileAt: directory.file(name)))
        }
        #expect(sums.count == 1)
    }

    @Test func audioComesBack() throws {
        let path = directory.file("tone.mp4")
        let audio = try TestMedia.audio(rate: 48_000, channels: 2, frames: 48_000)
        try MP4Muxer.write(
            to: path, video: TestMedia.video(settings, try segments([25])), audio: audio)
        let decoder = try AudioDecoder(try FileBytes(path: path), to: 1)
        let samples = try decoder.all()
        #expect(samples.count == 96_000)
        // In time with the source: the encoder's delay was skipped.
        let error = (4800..<43_200).map { frame in
            abs(Double(samples[2 * frame]) - sin(Double(frame) * 0.05) / 2)
        }.max()
        #expect(try #require(error) < 0.05)
    }

    @Test func audioDamagedInTheMiddleIsNamedWithItsTime() throws {
        let path = directory.file("damaged.mp4")
        let audio = try TestMedia.audio(rate: 48_000, channels: 2, frames: 96_000)
        try MP4Muxer.write(
            to: path, video: TestMedia.video(settings, try segments([2])), audio: audio)
        var bytes = try bytes(path)
        let middle = bytes.count * 3 / 4
        bytes.replaceSubrange(middle..<(middle + 600), with: repeatElement(0xFF, count: 600))
        let error = #expect(throws: AssetError.self) {
            _ = try AudioDecoder(MemoryBytes(bytes)).all()
        }
        #expect(error?.code == .inputUnreadable)
        #expect(error?.message.contains("is damaged at 1.") == true)
        // What lies before the damage can still be had.
        #expect(try AudioDecoder(MemoryBytes(bytes), to: 0.5).all().count == 48_000)
    }

    @Test func progressCountsAndStops() throws {
        let segments = try segments([10])
        var counts: [Int] = []
        try MP4Muxer.write(
            to: directory.file("p.mp4"), video: TestMedia.video(settings, segments)
        ) { counts.append($0) }
        #expect(counts == Array(1...10))
        #expect(throws: AssetError(.cancelled, "")) {
            try MP4Muxer.write(
                to: directory.file("q.mp4"), video: TestMedia.video(settings, segments)
            ) { if $0 == 5 { throw AssetError(.cancelled, "stopped") } }
        }
    }

    @Test func segmentsOutOfOrderAreRefused() throws {
        let segments = try segments([10, 10])
        #expect(throws: AssetError(.invalidArgument, "")) {
            try MP4Muxer.write(
                to: directory.file("o.mp4"),
                video: TestMedia.video(settings, [segments[1], segments[0]]))
        }
    }

    @Test func aFullDiskIsNamed() throws {
        #expect(throws: AssetError(.diskFull, "")) {
            try MP4Muxer.write(
                to: "/dev/full", video: TestMedia.video(settings, try segments([10])))
        }
    }

    @Test func damagedFilesNeverCrash() throws {
        let path = directory.file("whole.mp4")
        let audio = try TestMedia.audio(rate: 8000, channels: 1, frames: 4000)
        try MP4Muxer.write(
            to: path, video: TestMedia.video(settings, try segments([12])), audio: audio)
        let whole = try bytes(path)
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<150 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let index = Int.random(in: 0..<min(damaged.count, 3000), using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            let source = MemoryBytes(damaged)
            _ = try? MediaInfo.probe(source)
            _ = try? AudioDecoder(source).all()
            _ = try? ImageDecoder.decode(source)
        }
    }
}

@Suite struct AudioEncoding {
    @Test(arguments: [
        (44_100, 2, 44_100, 2), (96_000, 6, 48_000, 2), (8000, 1, 8000, 1), (11_000, 2, 48_000, 2),
    ])
    func packetsCoverExactlyTheLength(_ v: (Int, Int, Int, Int)) throws {
        for (frameCount, given) in [(10_000, 50_000), (50_000, 3000), (1, 0), (1024, 1024)] {
            let encoder = try AudioEncoder(
                sourceRate: v.0, sourceChannelCount: v.1, frameCount: frameCount)
            #expect(encoder.sampleRate == v.2 && encoder.channelCount == v.3)
            let samples = [Float](repeating: 0.25, count: given * v.1)
            var packets = try encoder.encode(samples.span)
            packets += try encoder.finish()
            #expect(packets.first?.pts == -Int64(encoder.initialPadding))
            for (packet, next) in zip(packets, packets.dropFirst()) {
                #expect(packet.pts + packet.duration == next.pts)
            }
            let last = try #require(packets.last)
            #expect(last.pts + last.duration == Int64(frameCount))
        }
    }

    @Test func misuseIsRefused() throws {
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try AudioEncoder(sourceRate: 0, sourceChannelCount: 2, frameCount: 1)
        }
        let encoder = try AudioEncoder(sourceRate: 8000, sourceChannelCount: 2, frameCount: 10)
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try encoder.encode([Float](repeating: 0, count: 3).span)
        }
        _ = try encoder.finish()
        #expect(throws: AssetError(.invalidArgument, "")) { _ = try encoder.finish() }
    }
}

@Suite struct FileSums {
    @Test func areThoseOfTheStandard() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("abc")
        try unsafe File(path, [.write, .create]).write(Array("abc".utf8).span.bytes, at: 0)
        #expect(
            try sha256(ofFileAt: path)
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        try File(path, [.write, .truncate]).truncate(to: 0)
        #expect(
            try sha256(ofFileAt: path)
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        try File(path, [.write]).truncate(to: 1 << 21)
        #expect(
            try sha256(ofFileAt: path)
                == "5647f05ec18958947d32874eeb788fa396a05d0bab7c1b71f112ceb7e9b31eee")
        #expect(throws: AssetError(.inputMissing, "")) {
            _ = try sha256(ofFileAt: directory.file("none"))
        }
    }
}
