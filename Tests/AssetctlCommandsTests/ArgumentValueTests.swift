// Sizes, times, video sizes and ranges as people write them.

import AssetctlCommands
internal import Basics
import Testing

@Suite struct ArgumentValues {
    @Test(arguments: [
        ("500", 500), ("0", 0), ("20K", 20_480), ("20k", 20_480), ("20KB", 20_000),
        ("20KiB", 20_480), ("1.5GiB", 1_610_612_736), ("1.5g", 1_610_612_736), ("7B", 7),
        ("0.5K", 512), ("1.3K", 1331), ("2TB", 2_000_000_000_000), ("7E", 7 << 60),
        ("0.000000000000000000000000001E", 0), ("9223372036854775807", Int.max),
    ])
    func sizesAreRead(_ text: String, _ byteCount: Int) {
        #expect(ByteSize.parse(text) == byteCount)
    }

    @Test(arguments: [
        "", " ", "K", "1.5", "1.5B", "-1", "+1", "1e3", "1..5K", "1.K", ".5K", "8E", "1KK",
        "1KiBs", "9223372036854775808", "٣K", "1 K", "1K ", "7.9999999999999999999E ",
        String(repeating: "9", count: 100_000),
    ])
    func otherSizesAreNot(_ text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"),
        (1_610_612_736, "1.5 GiB"), (327_155_712, "312 MiB"), (1_048_575, "1 MiB"),
        (Int.max, "8 EiB"), (102_400, "100 KiB"),
    ])
    func sizesArePrinted(_ byteCount: Int, _ text: String) {
        #expect(ByteSize.format(byteCount) == text)
    }

    @Test(arguments: [
        ("90", 90), ("0", 0), ("1.5", 1.5), ("1:30", 90), ("1:02:03.5", 3723.5), ("100:00", 6000),
        ("0:00:00.25", 0.25),
    ])
    func timesAreRead(_ text: String, _ seconds: Double) {
        #expect(parseTime(text) == seconds)
    }

    @Test(arguments: [
        "", ":", "1:", ":30", "1:60", "1:5", "1:60:00", "1:2:03", "1:00:00:00", "-1", "+1:00",
        "1e3", "nan", "inf", "1:3o", "99999999999999999999:00", "1:-5", "1.5:00", "1:005",
    ])
    func otherTimesAreNot(_ text: String) {
        #expect(parseTime(text) == nil)
    }

    @Test func videoSizesAreRead() {
        #expect(VideoSize("720p") == VideoSize(width: 1280, height: 720))
        #expect(VideoSize("1080p") == VideoSize(width: 1920, height: 1080))
        #expect(VideoSize("1440p") == VideoSize(width: 2560, height: 1440))
        #expect(VideoSize("2160p") == VideoSize("4K"))
        #expect(VideoSize("640x360") == VideoSize(width: 640, height: 360))
        for text in [
            "", "x", "640x", "x360", "640×360", "640x360x2", "0x0", "-640x360", "8x8",
            "8193x8192", "99999999999999999999x2", "1080", "640x 360",
        ] {
            #expect(VideoSize(text) == nil, "\(text)")
        }
    }

    @Test func byteRangesAreInclusive() throws {
        #expect(try InclusiveByteRange("0-99")?.resolved(byteCount: 1000) == 0..<100)
        #expect(try InclusiveByteRange("5-5")?.resolved(byteCount: 6) == 5..<6)
        #expect(try InclusiveByteRange("900-")?.resolved(byteCount: 1000) == 900..<1000)
        #expect(try InclusiveByteRange("-100")?.resolved(byteCount: 1000) == 900..<1000)
        #expect(try InclusiveByteRange("-100")?.resolved(byteCount: 10) == 0..<10)
        #expect(
            try InclusiveByteRange("0-\(Int.max)")?.resolved(byteCount: 10) == 0..<10)
        #expect(throws: UsageError.self) { try InclusiveByteRange("10-")?.resolved(byteCount: 10) }
        #expect(throws: UsageError.self) { try InclusiveByteRange("0-")?.resolved(byteCount: 0) }
        for text in ["", "-", "5", "5-4", "-0", "a-b", "1-2-3", "--5", "0-99999999999999999999"] {
            #expect(InclusiveByteRange(text) == nil, "\(text)")
        }
    }
}
