import Basics
import Foundation
import Media
import TestSupport
import Testing

/// What a picture is takes little memory to find out, however long its file and however many its
/// pixels (P10, P12).
///
/// libav reads a picture's file as one packet and decodes it to know how large it is. A file of
/// 1.5 GB that began like a BMP file took a GB of memory to be stored, and a picture of 15
/// megapixels 60 MB in each of the threads of an import.
@Suite struct LargePictures {
    /// The beginning and the end of a file, and zeros between.
    private struct SparseBytes: RandomAccessBytes {
        var byteCount = 1_500_000_000
        var start: [UInt8]
        var end: [UInt8] = []
        var subject: String { "sparse" }

        func read(at offset: Int, into buffer: inout MutableRawSpan) throws(AssetError) -> Int {
            let count = min(buffer.byteCount, byteCount - offset)
            guard count > 0 else { return 0 }
            let (start, end, endOffset) = (start, end, byteCount - end.count)
            unsafe buffer.withUnsafeMutableBytes { bytes in
                for index in 0..<count {
                    let at = offset + index
                    unsafe bytes[index] =
                        at < start.count ? start[at] : at >= endOffset ? end[at - endOffset] : 0
                }
            }
            return count
        }
    }

    private static let (width, height) = (9000, 10_000)

    private static func number(_ value: Int, _ count: Int, isLittle: Bool = true) -> [UInt8] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return isLittle ? bytes : bytes.reversed()
    }

    private static var files: [(type: String, bytes: SparseBytes)] {
        let bmp =
            Array("BM".utf8) + number(1_500_000_000, 4) + number(0, 4) + number(54, 4)
            + number(40, 4) + number(width, 4) + number(height, 4) + number(1, 2) + number(24, 2)
            + number(0, 4) + number(0, 20)
        let header =
            number(width, 4, isLittle: false) + number(height, 4, isLittle: false)
            + [8, 6, 0, 0, 0]
        // The checksum of a chunk is not looked at.
        let png =
            [0x89] + Array("PNG\r\n\u{1A}\n".utf8) + number(13, 4, isLittle: false)
            + Array("IHDR".utf8) + header + number(0, 4)
            + number(1_000_000_000, 4, isLittle: false) + Array("IDAT".utf8) + [0x78, 0x01]
        // TIFF's directory stands at the end of the file.
        let entries = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8)]
        let directory =
            [number(entries.count, 2)]
            + entries.map { tag, value in
                number(tag, 2) + number(4, 2) + number(1, 4) + number(value, 4)
            }
        let end = directory.flatMap { $0 } + number(0, 4)
        let tiff = Array("II*\0".utf8) + number(1_500_000_000 - end.count, 4)
        let webP =
            Array("RIFF".utf8) + number(1_499_999_992, 4) + Array("WEBPVP8L".utf8)
            + number(1_499_999_980, 4) + [0x2F] + number(width - 1 | (height - 1) << 14, 4)
        let ppm = Array("P6\n\(width) \(height)\n255\n".utf8)
        return [
            ("image/bmp", SparseBytes(start: bmp)), ("image/png", SparseBytes(start: png)),
            ("image/tiff", SparseBytes(start: tiff, end: end)),
            ("image/webp", SparseBytes(start: webP)),
            ("image/x-portable-pixmap", SparseBytes(start: ppm)),
        ]
    }

    @Test func takeLittleMemory() async throws {
        await #expect(processExitsWith: .success) {
            let before = try Self.memory()
            for (type, bytes) in Self.files {
                let info = try MediaInfo.probe(bytes)
                guard let info, info.kind == .image, info.mediaType == type,
                    info.width == Self.width, info.height == Self.height
                else { throw AssetError(.damaged, "\(type): \(String(describing: info))") }
                let peak = try Self.memory() - before
                print("\(type): \(peak >> 20) MiB")
                guard peak < 64 << 20 else { throw AssetError(.io, "\(type) took \(peak) bytes") }
            }
        }
    }

    /// The most memory that this process has had, `VmHWM`.
    private static func memory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let count = line?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first
        return try #require(count) << 10
    }
}
