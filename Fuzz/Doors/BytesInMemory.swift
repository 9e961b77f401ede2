// Bytes as what media are read from.

internal import Basics

/// Bytes in memory.
struct BytesInMemory: RandomAccessBytes {
    let bytes: [UInt8]
    let subject = "the bytes"

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var byteCount: Int { bytes.count }

    func read(
        at offset: Int, into buffer: inout MutableRawSpan
    ) throws(AssetError) -> Int {
        let count = max(0, min(buffer.byteCount, bytes.count - offset))
        guard count > 0 else { return 0 }
        unsafe buffer.withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe target.baseAddress!.copyMemory(
                    from: source.baseAddress! + offset, byteCount: count)
            }
        }
        return count
    }
}
