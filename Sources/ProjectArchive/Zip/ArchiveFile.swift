// The file that an archive is written into, at the speed of the disk: large writes, blocks taken
// ahead, and writing to the disk begun before the sync at the end asks for it.

internal import Basics

/// A file that grows at its end and whose last bytes can still be changed. Not thread-safe.
struct ArchiveFile: ~Copyable {
    let file: File
    /// Up to here, the file holds what an earlier run wrote. Whatever is written ends it.
    private(set) var leftoverEnd: Int
    /// What stands at ``writtenEnd`` and is not in the file yet.
    private var pending: [UInt8] = []
    private var writtenEnd = 0
    /// Blocks are taken up to here; `nil` when the disk is too full for that.
    private var allocatedEnd: Int? = 0
    /// The kernel has been told to write up to here.
    private var startedEnd = 0

    private static let pendingByteCountMax = 256 << 10
    /// Larger pieces are not copied, but written from where they are.
    private static let copiedByteCountMax = 32 << 10
    private static let allocationByteCount = 64 << 20
    private static let startByteCount = 8 << 20

    init(_ file: File, leftoverByteCount: Int = 0) {
        self.file = file
        leftoverEnd = leftoverByteCount
    }

    /// The bytes appended so far.
    var byteCount: Int { writtenEnd + pending.count }

    /// Takes what an earlier run wrote behind the bytes so far for appended.
    mutating func keep(_ byteCount: Int) {
        precondition(pending.isEmpty && writtenEnd + byteCount <= leftoverEnd)
        writtenEnd += byteCount
        startedEnd = writtenEnd
        allocatedEnd = writtenEnd
    }

    /// Gives up what an earlier run wrote.
    mutating func dropLeftovers() { leftoverEnd = 0 }

    mutating func append(_ bytes: RawSpan) throws(AssetError) {
        leftoverEnd = 0
        if bytes.byteCount <= Self.copiedByteCountMax {
            unsafe bytes.withUnsafeBytes { unsafe pending.append(contentsOf: $0) }
            if pending.count >= Self.pendingByteCountMax { try flush() }
            return
        }
        try allocate(to: byteCount + bytes.byteCount)
        _ = try unsafe file.write(
            pending.span.bytes, bytes, RawSpan(), at: writtenEnd, durably: false)
        writtenEnd = byteCount + bytes.byteCount
        pending.removeAll(keepingCapacity: true)
        try startWriting()
    }

    mutating func append(_ bytes: [UInt8]) throws(AssetError) {
        try append(unsafe bytes.span.bytes)
    }

    /// Replaces bytes that were appended before.
    mutating func replace(at offset: Int, with bytes: [UInt8]) throws(AssetError) {
        precondition(offset + bytes.count <= byteCount)
        if offset < writtenEnd {
            // What is pending may hold the end of it.
            try flush()
            try unsafe file.write(bytes.span.bytes, at: offset)
        } else {
            let start = offset - writtenEnd
            pending.replaceSubrange(start..<start + bytes.count, with: bytes)
        }
    }

    /// Takes back everything behind `byteCount`.
    mutating func rewind(to byteCount: Int) {
        if byteCount >= writtenEnd {
            pending.removeSubrange((byteCount - writtenEnd)...)
        } else {
            pending.removeAll(keepingCapacity: true)
            writtenEnd = byteCount
            startedEnd = min(startedEnd, byteCount)
        }
    }

    /// Brings all bytes into the file and cuts it there. Makes nothing durable.
    mutating func finish() throws(AssetError) {
        try flush()
        try file.truncate(to: writtenEnd)
    }

    /// Brings all bytes into the file, and leaves behind them what an earlier run wrote as long as
    /// that may still be of use.
    mutating func pause() throws(AssetError) {
        try flush()
        try file.truncate(to: max(writtenEnd, leftoverEnd))
    }

    private mutating func flush() throws(AssetError) {
        guard !pending.isEmpty else { return }
        try allocate(to: byteCount)
        try unsafe file.write(pending.span.bytes, at: writtenEnd)
        writtenEnd += pending.count
        pending.removeAll(keepingCapacity: true)
        try startWriting()
    }

    private mutating func allocate(to end: Int) throws(AssetError) {
        guard let allocated = allocatedEnd, end > allocated else { return }
        let target = end + Self.allocationByteCount
        do throws(AssetError) {
            try file.preallocate(allocated..<target)
            allocatedEnd = target
        } catch {
            // What is left may still be enough for what will really be written.
            guard error.code == .diskFull else { throw error }
            allocatedEnd = nil
        }
    }

    private mutating func startWriting() throws(AssetError) {
        guard writtenEnd - startedEnd >= Self.startByteCount else { return }
        try file.startWriting(startedEnd..<writtenEnd)
        startedEnd = writtenEnd
    }
}
