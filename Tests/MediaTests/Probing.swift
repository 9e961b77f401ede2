import Basics
import FrameCodecs
import Media
import TestSupport
import Testing

@Suite struct Probing {
    @Test func wavIsAudio() throws {
        let bytes = MemoryBytes(TestMedia.wav(rate: 8000, channels: 2, frames: 16_000))
        let info = try #require(try MediaInfo.probe(bytes))
        #expect(info.kind == .audio)
        #expect(info.mediaType == "audio/wav")
        #expect(info.fileExtension == "wav")
        #expect(info.audioCodec == "pcm_s16le")
        #expect(info.sampleRate == 8000)
        #expect(info.channelCount == 2)
        #expect(info.durationSeconds == 2)
        #expect(info.width == nil && info.videoCodec == nil && info.frameRate == nil)
    }

    @Test func jpegIsAnImage() throws {
        let frame = try Frame(width: 40, height: 30, format: .bgraPremultiplied)
        var encoder = try JPEGEncoder()
        let bytes = try encoder.encode(frame, quality: 90) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        let info = try #require(try MediaInfo.probe(MemoryBytes(bytes)))
        #expect(info.kind == .image)
        #expect(info.mediaType == "image/jpeg")
        #expect(info.width == 40 && info.height == 30)
        #expect(info.durationSeconds == nil)
    }

    @Test func textIsNothing() throws {
        let texts = [
            "", "x", "hello\n", String(repeating: "a line of text\n", count: 10_000),
            "1\n00:00:01,000 --> 00:00:02,000\nsubtitles\n",
            "WEBVTT\n\n00:01.000 --> 00:02.000\nsubtitles\n",
            "[Script Info]\nScriptType: v4.00+\n",
            "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
            "ffconcat version 1.0\nfile /etc/passwd\n",
            String(repeating: "\u{1B}[31mred\u{1B}[0m\n", count: 1000),
            "{\"scene\": [1, 2, 3]}", "<svg xmlns='http://www.w3.org/2000/svg'/>",
        ]
        for text in texts { #expect(try MediaInfo.probe(MemoryBytes(text)) == nil) }
    }

    @Test func randomBytesAreNothing() throws {
        for seed in 0..<20 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let bytes = generator.bytes(50_000)
            #expect(try MediaInfo.probe(MemoryBytes(bytes)) == nil)
        }
    }

    @Test func errorsOfTheSourceComeThroughAsTheyAre() throws {
        var bytes = MemoryBytes(TestMedia.wav(frames: 100))
        bytes.failsFrom = 0
        let error = #expect(throws: AssetError.self) { _ = try MediaInfo.probe(bytes) }
        #expect(error?.message == "the test's damage")
    }
}

@Suite struct PictureDecoding {
    /// A PAM file of straight RGBA.
    private func pam(width: Int, height: Int, _ pixels: [UInt8]) -> [UInt8] {
        let header =
            "P7\n# a test\nWIDTH \(width)\nHEIGHT \(height)\nDEPTH 4\nMAXVAL 255\n"
            + "TUPLTYPE RGB_ALPHA\nENDHDR\n"
        return Array(header.utf8) + pixels
    }

    @Test func alphaIsMultipliedInAndRounded() throws {
        var pixels: [UInt8] = []
        for alpha in 0..<256 {
            for step in 0..<4 {
                pixels += [UInt8(step * 85), UInt8(255 - alpha), UInt8(alpha / 2), UInt8(alpha)]
            }
        }
        let frame = try ImageDecoder.decode(
            MemoryBytes(pam(width: 32, height: 32, pixels)))
        #expect(frame.width == 32 && frame.height == 32 && frame.format == .bgraPremultiplied)
        let stride = frame.planes[0].stride
        unsafe frame.withUnsafeBytes { memory in
            for index in 0..<1024 {
                let at = index / 32 * stride + index % 32 * 4
                let alpha = Double(pixels[index * 4 + 3])
                for (from, to) in [(0, 2), (1, 1), (2, 0)] {
                    let exact = (Double(pixels[index * 4 + from]) * alpha / 255).rounded()
                    #expect(unsafe Double(memory[at + to]) == exact)
                }
                #expect(unsafe Double(memory[at + 3]) == alpha)
            }
        }
    }

    /// The corners of an upright picture, clockwise from the upper left, for each EXIF orientation
    /// of one whose corners are stored as 0, 1, 2, 3.
    private static let corners: [(UInt8, [Int])] = [
        (1, [0, 1, 2, 3]), (2, [1, 0, 3, 2]), (3, [2, 3, 0, 1]), (4, [3, 2, 1, 0]),
        (5, [0, 3, 2, 1]), (6, [3, 0, 1, 2]), (7, [2, 1, 0, 3]), (8, [1, 2, 3, 0]),
    ]

    @Test(arguments: corners)
    func exifOrientationTurnsThePicture(_ orientation: UInt8, _ expected: [Int]) throws {
        // Four quarters of 32×16 pixels in different greys.
        let greys: [UInt8] = [20, 90, 160, 230]
        var frame = try Frame(width: 64, height: 32, format: .bgraPremultiplied)
        let stride = frame.planes[0].stride
        unsafe frame.withUnsafeMutableBytes { memory in
            for row in 0..<32 {
                for byte in 0..<256 {
                    let quarter = row < 16 ? (byte < 128 ? 0 : 1) : (byte < 128 ? 3 : 2)
                    unsafe memory[row * stride + byte] = greys[quarter]
                }
            }
        }
        var encoder = try JPEGEncoder()
        var bytes = try encoder.encode(frame, quality: 95) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        let tiff: [UInt8] =
            Array("II*".utf8) + [0, 8, 0, 0, 0, 1, 0]
            + [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
        let segment = Array("Exif".utf8) + [0, 0] + tiff
        bytes.insert(
            contentsOf: [0xFF, 0xE1, 0, UInt8(segment.count + 2)] + segment, at: 2)
        let upright = try ImageDecoder.decode(MemoryBytes(bytes))
        #expect(upright.width == (orientation < 5 ? 64 : 32))
        let (right, bottom) = ((upright.width - 4) * 4, upright.height - 4)
        let found = unsafe upright.withUnsafeBytes { memory in
            let line = upright.planes[0].stride
            return unsafe [
                memory[4 * line + 16], memory[4 * line + right], memory[bottom * line + right],
                memory[bottom * line + 16],
            ]
        }
        for (grey, corner) in zip(found, expected) {
            #expect(abs(Int(grey) - Int(greys[corner])) < 4)
        }
    }

    @Test func whatIsNoPictureIsRefused() throws {
        let sources = [
            MemoryBytes("text"), MemoryBytes([]), MemoryBytes(TestMedia.wav(frames: 100)),
            MemoryBytes(pam(width: 32, height: 32, [1, 2, 3])),
            MemoryBytes(pam(width: 30_000, height: 2, [1, 2, 3])),
            MemoryBytes(pam(width: 16_000, height: 16_000, [1, 2, 3])),
        ]
        for source in sources {
            #expect(throws: AssetError(.inputUnreadable, "")) {
                _ = try ImageDecoder.decode(source)
            }
        }
    }

    @Test func aTruncatedJPEGIsRefused() throws {
        var frame = try Frame(width: 64, height: 64, format: .bgraPremultiplied)
        var generator = SeededGenerator(seed: 3)
        unsafe frame.withUnsafeMutableBytes { memory in
            for index in memory.indices {
                unsafe memory[index] = UInt8.random(in: 0...255, using: &generator)
            }
        }
        var encoder = try JPEGEncoder()
        let bytes = try encoder.encode(frame, quality: 90) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        #expect(try ImageDecoder.decode(MemoryBytes(bytes)).width == 64)
        for count in [bytes.count / 2, bytes.count * 9 / 10, 30] {
            #expect(throws: AssetError(.inputUnreadable, "")) {
                _ = try ImageDecoder.decode(MemoryBytes(Array(bytes[..<count])))
            }
        }
    }
}
