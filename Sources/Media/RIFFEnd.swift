// Says whether a WAV file holds as much audio as its header declares. libavformat quietly takes
// what is there.

internal import Basics

// A WAV file is a RIFF or RF64 header of 12 bytes and chunks, each with a name of 4 bytes, a 32-bit
// length and, padded to an even length, that many bytes. "fmt " comes before "data"; RF64 keeps
// the length of "data" in "ds64".

/// The end of a WAV file.
enum RIFFEnd {
    /// The most chunks that are looked at before the audio.
    private static let chunkCountMax = 256

    /// The length that the header declares, in seconds, when the file is shorter; `nil` when all
    /// is there, or when the writer did not know the length.
    static func missing(of bytes: any RandomAccessBytes) throws(AssetError) -> Double? {
        let head = try bytes.read(at: 0, count: 12)
        guard head.count == 12 else { return nil }
        let form = head[0..<4]
        guard form.elementsEqual("RIFF".utf8) || form.elementsEqual("RF64".utf8) else {
            return nil
        }
        var (byteRate, longByteCount) = (0, 0)
        var offset = 12
        for _ in 0..<chunkCountMax {
            let chunk = try bytes.read(at: offset, count: 28)
            guard chunk.count >= 8 else { return nil }
            let byteCount = integer(chunk, at: 4, count: 4)
            switch String(decoding: chunk[0..<4], as: UTF8.self) {
            case "ds64" where chunk.count >= 24:
                longByteCount = integer(chunk, at: 16, count: 8)
            case "fmt " where chunk.count >= 20:
                byteRate = integer(chunk, at: 16, count: 4)
            case "data":
                let isLong = form.elementsEqual("RF64".utf8) && byteCount == 0xFFFF_FFFF
                let declared = isLong ? longByteCount : byteCount
                guard byteRate > 0, isLong || !isPlaceholder(declared),
                    declared > bytes.byteCount - offset - 8
                else { return nil }
                return Double(declared) / Double(byteRate)
            default: break
            }
            offset += 8 + byteCount + byteCount % 2
            guard offset < bytes.byteCount else { return nil }
        }
        return nil
    }

    /// What programs write for a length that they don't know, because the output is a pipe.
    private static func isPlaceholder(_ byteCount: Int) -> Bool {
        byteCount == 0 || byteCount >= 0xFFFF_F000
            || (0x7FFF_F000...0x8000_0000).contains(byteCount)
    }

    /// A little-endian integer, at most the largest that a file can have.
    private static func integer(_ bytes: [UInt8], at start: Int, count: Int) -> Int {
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[start + index]) }
        return Int(clamping: value)
    }
}
