import Basics
import Media
import TestSupport
import Testing

@Suite struct AudioDecoding {
    @Test(arguments: [(0, nil), (0.5, 1.25), (0.0001, 0.0004), (1.9, nil), (0, 2.0)])
    func givesExactlyTheRange(_ from: Double, _ to: Double?) throws {
        let bytes = MemoryBytes(TestMedia.wav(rate: 8000, channels: 2, frames: 16_000))
        let decoder = try AudioDecoder(bytes, from: from, to: to)
        #expect(decoder.sampleRate == 8000)
        #expect(decoder.channelCount == 2)
        let first = Int((from * 8000).rounded())
        let last = Int(((to ?? 2) * 8000).rounded())
        let expected = (first..<last).flatMap { frame in
            (0..<2).map { Float(TestMedia.sample(frame, $0)) / 32_768 }
        }
        #expect(try decoder.all() == expected)
        #expect(try decoder.all().isEmpty)
    }

    /// The weights of each channel in the mix, by the number of channels.
    private static let mixes: [(Int, [Double])] = [
        (1, [1]), (2, [0.5, 0.5]), (3, [1.0 / 3, 1.0 / 3, 1.0 / 3]), (4, [0.25, 0.25, 0.25, 0.25]),
        (6, [0.707107, 0.707107, 1, 0, 0.5, 0.5]),
    ]

    @Test(arguments: mixes)
    func mixesDownAsSpeakers(_ channels: Int, _ weights: [Double]) throws {
        let bytes = MemoryBytes(TestMedia.wav(channels: channels, frames: 500))
        let decoder = try AudioDecoder(bytes, from: 0.01, mono: true)
        #expect(decoder.channelCount == 1)
        #expect(decoder.sourceChannelCount == channels)
        let mixed = try decoder.all()
        #expect(mixed.count == 420)
        for (index, value) in mixed.enumerated() {
            let expected = weights.enumerated().reduce(0) {
                $0 + $1.element * Double(TestMedia.sample(80 + index, $1.offset)) / 32_768
            }
            #expect(abs(Double(value) - expected) < 1e-6)
        }
    }

    @Test func theEndOfTheFileIsNamed() throws {
        let bytes = MemoryBytes(TestMedia.wav(rate: 8000, frames: 16_000))
        let error = #expect(throws: AssetError.self) {
            _ = try AudioDecoder(bytes, from: 1, to: 2.5).all()
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("is only 2.00 s long") == true)
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try AudioDecoder(bytes, from: 2).all()
        }
    }

    @Test func rangesThatAreNoneAreRefused() throws {
        let bytes = MemoryBytes(TestMedia.wav(frames: 100))
        for (from, to) in [(-1.0, nil), (1, 1), (2, 1), (.nan, nil), (0, .infinity), (1e300, nil)]
            as [(Double, Double?)]
        {
            #expect(throws: AssetError(.invalidArgument, "")) {
                _ = try AudioDecoder(bytes, from: from, to: to)
            }
        }
    }

    @Test func errorsOfTheSourceComeThroughAsTheyAre() throws {
        var bytes = MemoryBytes(TestMedia.wav(frames: 200_000))
        bytes.failsFrom = 400_000
        let decoder = try AudioDecoder(bytes)
        let error = #expect(throws: AssetError.self) { _ = try decoder.all() }
        #expect(error?.code == .damaged)
        #expect(error?.message == "the test's damage")
    }
}

@Suite struct FilesWithoutAudio {
    @Test func textIsNoAudio() throws {
        let text = String(repeating: "All work and no play makes Jack a dull boy.\n", count: 500)
        for source in [MemoryBytes(text), MemoryBytes("x"), MemoryBytes([])] {
            #expect(throws: AssetError(.inputUnreadable, "")) { _ = try AudioDecoder(source) }
        }
    }

    @Test func aWAVFileOfNothingHasNoAudio() throws {
        let error = #expect(throws: AssetError.self) {
            _ = try AudioDecoder(MemoryBytes(TestMedia.wav(frames: 0))).all()
        }
        #expect(error?.code == .inputUnreadable)
    }
}

@Suite struct TruncatedAudio {
    @Test(arguments: [44 + 32_000, 44 + 31_998, 44 + 4])
    func aShortWAVFileIsNoticed(_ count: Int) throws {
        let whole = TestMedia.wav(rate: 8000, frames: 16_000)
        let bytes = MemoryBytes(Array(whole[..<count]))
        let error = #expect(throws: AssetError.self) { _ = try AudioDecoder(bytes).all() }
        #expect(error?.code == .inputUnreadable)
        #expect(error?.message.contains("is truncated") == true)
    }

    @Test func whatIsThereCanBeAskedFor() throws {
        let whole = TestMedia.wav(rate: 8000, frames: 16_000)
        let bytes = MemoryBytes(Array(whole[..<(44 + 32_000)]))
        #expect(try AudioDecoder(bytes, from: 0.5, to: 1).all().count == 8000)
    }

    @Test func aWAVFileOfUnknownLengthIsWhole() throws {
        var bytes = TestMedia.wav(rate: 8000, frames: 1000)
        bytes.replaceSubrange(40..<44, with: [255, 255, 255, 255])
        #expect(try AudioDecoder(MemoryBytes(bytes)).all().count == 2000)
    }

    /// An Ogg page: flags and the lengths of its segments, its body zeros.
    private func page(_ flags: UInt8, _ lengths: [UInt8]) -> [UInt8] {
        let head = Array("OggS".utf8) + [0, flags] + [UInt8](repeating: 0, count: 20)
        return head + [UInt8(lengths.count)] + lengths
            + [UInt8](repeating: 0, count: lengths.reduce(0) { $0 + Int($1) })
    }

    @Test func anOggFileEndsWithAWholeLastPage() {
        let first = page(2, [30])
        let last = page(4, [255, 10])
        #expect(OggEnd.endsWithLastPage(first + last))
        #expect(!OggEnd.endsWithLastPage(first))
        #expect(!OggEnd.endsWithLastPage(last + first))
        #expect(!OggEnd.endsWithLastPage([]))
        for count in 0..<last.count {
            #expect(!OggEnd.endsWithLastPage(first + last[..<count]))
        }
    }
}
