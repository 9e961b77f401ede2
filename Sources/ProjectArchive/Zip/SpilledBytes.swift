// Bytes that pile up until the end of a file is written: in memory while they are few, then in a
// file without a name.

internal import Basics

/// Bytes that are appended and read again. Not thread-safe; at most ``memoryByteCountMax`` and
/// what is appended at once are in memory.
struct SpilledBytes: ~Copyable {
    private static let memoryByteCountMax = 1 << 20

    private let directory: String
    private var spilled: File?
    private var spilledByteCount = 0
    private var recent: [UInt8] = []

    /// - Parameter directory: where the file without a name is made when one is needed.
    init(spillingInto directory: String) { self.directory = directory }

    var byteCount: Int { spilledByteCount + recent.count }

    mutating func append(_ bytes: [UInt8]) throws(AssetError) {
        if recent.count + bytes.count > Self.memoryByteCountMax { try spill() }
        recent.append(contentsOf: bytes)
    }

    /// The `count` bytes at `offset`, which must have been appended.
    func read(at offset: Int, count: Int) throws(AssetError) -> [UInt8] {
        if offset >= spilledByteCount {
            let start = offset - spilledByteCount
            return Array(recent[start..<start + count])
        }
        guard let spilled else { return [] }
        let head = try spilled.read(at: offset, count: min(count, spilledByteCount - offset))
        return head + recent.prefix(count - head.count)
    }

    /// Calls `body` with all bytes, in order, in pieces.
    func forEachPiece(_ body: ([UInt8]) throws(AssetError) -> Void) throws(AssetError) {
        var offset = 0
        while offset < byteCount {
            let count = min(byteCount - offset, Self.memoryByteCountMax)
            try body(try read(at: offset, count: count))
            offset += count
        }
    }

    private mutating func spill() throws(AssetError) {
        let file: File
        if let spilled { file = spilled } else { file = try File(temporaryIn: directory) }
        spilled = file
        try unsafe file.write(recent.span.bytes, at: spilledByteCount)
        spilledByteCount += recent.count
        recent.removeAll(keepingCapacity: true)
    }
}
