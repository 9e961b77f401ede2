// What an environment falls back to when the power was lost while commits were not flushed yet.
//
// LMDB keeps two headers, of the two newest commits, and writes over the older one with every commit.
// When commits are not flushed one by one, a loss of power may leave headers on the disk whose pages
// never got there. So before the first of them, the header of the newest flushed commit is written
// into a file of its own, and a reader keeps the pages it speaks of from being used again. After the
// loss, whoever opens the environment first puts that header back.
//
// The file `fallback`, beside LMDB's:
//
//   OFFSET  SIZE  MEANING
//        0     4  magic, the bytes "FBK1"
//        4     4  state: 0 nothing to fall back to, 1 to fall back to the header, 2 a flush failed
//        8     8  number of the period in which commits are deferred
//       16    36  the start of the machine in which they were made, in text
//       52     4  0
//       56     8  where the changes of the period are known from: a number of the caller's
//       64     8  byte count of the header
//       72     …  the header: LMDB's page 0 or 1
//   last 8     8  XXH3-64 of all bytes from the period on
//
// Integers are little-endian. A file that is empty or whose checksum does not match says what state 0
// says: it is durable before anything depends on it, and changed when nothing does any more.

internal import Basics

/// The file that says what to fall back to, open. What it says changes only while LMDB's lock for
/// writers is held.
final class FallbackHeader: Sendable {
    enum State: Equatable {
        case none
        /// Commits of a period are not flushed yet.
        case deferring(period: UInt64)
        /// A flush failed: nobody knows what of these commits is on the disk.
        case failed
    }

    private let file: File
    private let locks: ByteLocks
    private let directory: String
    /// The start of this machine; `nil` where it can't be known.
    private let start: [UInt8]?

    private static let magic = Array("FBK1".utf8)
    private static let prefixByteCount = 72
    private static let startByteCount = 36
    private static let pageByteCountMax = 64 << 10
    /// LMDB's own magic and version, behind the 16 bytes that begin each of its pages.
    private static let headerMagic: UInt64 = 1 << 32 | 0xBEEF_C0DE
    private static let headerMagicOffset = 16
    /// Where a header keeps the number of its transaction.
    private static let headerNumberOffset = 144

    init(directory: String) throws(AssetError) {
        self.directory = directory
        let path = "\(directory)/fallback"
        file = try File(path, [.write, .create])
        locks = try ByteLocks(path: path)
        start = try Self.startOfMachine()
    }

    /// Says what has to be done before the environment may be used.
    func state() throws(AssetError) -> State {
        // One page at most, and nearly always a few bytes.
        let prefix = try file.read(at: 0, count: 16)
        guard prefix.count == 16, prefix[4] != 0 else { return .none }
        guard let content = try content() else { return .none }
        return content.isFailed ? .failed : .deferring(period: content.period)
    }

    /// Waits until no other process opens the environment; none does until the lock goes away.
    func lockOpening() throws(AssetError) -> ByteLock { try locks.lock(0) }

    /// Puts the header back when the machine was started anew since it was written, and returns
    /// where what is undone by that is known from; otherwise `nil`. Called before LMDB opens the
    /// file.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when what was written is no header,
    ///   ``AssetError/Code/busy`` when a process has the environment open: then it is another
    ///   machine's.
    func restore() throws(AssetError) -> UInt64? {
        guard let content = try content(), content.start != start else { return nil }
        let header = content.header
        guard let number = Self.number(of: header) else {
            throw AssetError(.damaged, "\(file.path) holds no header of the catalog")
        }
        guard try !isOpen() else {
            throw AssetError(
                .busy, "\(directory) is open on another machine; a store is used by one at a time")
        }
        // Restarted, the machine has forgotten what it could not write.
        if content.isFailed { try setState(1) }
        let slot = Int(number % 2)
        let data = try File("\(directory)/data.mdb", [.write])
        unsafe try data.write(header.span.bytes, at: slot * header.count)
        // The other one must be older. It is the first that LMDB writes over.
        var other = header
        other.replaceSubrange(0..<8, with: Self.bytes(of: UInt64(1 - slot)))
        other.replaceSubrange(
            Self.headerNumberOffset..<Self.headerNumberOffset + 8,
            with: Self.bytes(of: number - 1))
        unsafe try data.write(other.span.bytes, at: (1 - slot) * other.count)
        try data.synchronize()
        return content.origin
    }

    /// Whether any process has the environment open: each holds a lock on LMDB's lock file.
    private func isOpen() throws(AssetError) -> Bool {
        let path = "\(directory)/lock.mdb"
        guard try FileSystem.kind(of: path) == .file else { return false }
        return try ByteLocks(path: path).isLocked(0)
    }

    /// Notes the header of a transaction that is flushed, for a period that begins now; says whether
    /// it could be. Durable when it returns. Called by the writer of the next transaction.
    func note(
        _ number: UInt64, pageByteCount: Int, period: UInt64, origin: UInt64
    ) throws(AssetError) -> Bool {
        guard let start else { return false }
        let slot = Int(number % 2)
        let header = try File("\(directory)/data.mdb").read(
            at: slot * pageByteCount, count: pageByteCount)
        guard header.count == pageByteCount, Self.number(of: header) == number, number > 0 else {
            return false
        }
        var writer = ByteWriter(capacity: Self.prefixByteCount + pageByteCount + 8)
        writer.append(contentsOf: Self.magic)
        writer.append(UInt32(1))
        writer.append(period)
        writer.append(contentsOf: start)
        writer.append(UInt32(0))
        writer.append(origin)
        writer.append(UInt64(header.count))
        writer.append(contentsOf: header)
        unsafe writer.append(checksum64(writer.bytes.span.bytes.extracting(droppingFirst: 8)))
        let isNew = try file.byteCount() == 0
        unsafe try file.write(writer.bytes.span.bytes, at: 0)
        if isNew {
            try file.synchronize()
            try FileSystem.synchronizeDirectory(directory)
        } else {
            try file.synchronizeData()
        }
        return true
    }

    /// Notes that there is nothing to fall back to: everything is flushed. Durable when it returns.
    /// When that fails, there is something to fall back to as before.
    func clear() throws(AssetError) {
        do throws(AssetError) {
            try setState(0)
        } catch {
            // For this process the caller remembers it; others are to see it too.
            try? write(state: 1)
            throw error
        }
    }

    /// Notes that the flush of a period failed, so that no process takes what follows for durable.
    /// Without a period there is nothing to fall back to: what the file holds then is long past.
    func noteFailure() throws(AssetError) {
        if case .deferring = try state() { try setState(2) }
    }

    private func setState(_ state: UInt32) throws(AssetError) {
        try write(state: state)
        try file.synchronizeData()
    }

    private func write(state: UInt32) throws(AssetError) {
        let bytes = unsafe withUnsafeBytes(of: state.littleEndian) { unsafe Array($0) }
        unsafe try file.write(bytes.span.bytes, at: 4)
    }

    private struct Content {
        var isFailed: Bool
        var period: UInt64
        var start: [UInt8]
        var origin: UInt64
        var header: [UInt8]
    }

    /// What the file says; `nil` when there is nothing to fall back to.
    private func content() throws(AssetError) -> Content? {
        guard let bytes = try wholeFile() else { return nil }
        return try ByteReader.read(unsafe bytes.span.bytes, subject: "the fallback header") {
            (reader) throws(AssetError) in
            try reader.skip(4)
            let state: UInt32 = try reader.integer()
            guard state == 1 || state == 2 else { return nil }
            let period: UInt64 = try reader.integer()
            let start = try reader.array(count: Self.startByteCount)
            try reader.skip(4)
            let origin: UInt64 = try reader.integer()
            let count: UInt64 = try reader.integer()
            return Content(
                isFailed: state == 2, period: period, start: start, origin: origin,
                header: try reader.array(count: Int(clamping: count)))
        }
    }

    /// The file's bytes, `nil` when they are not whole.
    private func wholeFile() throws(AssetError) -> [UInt8]? {
        let count = try file.byteCount()
        guard count > Self.prefixByteCount + 8, count <= Self.pageByteCountMax + 128 else {
            return nil
        }
        let bytes = try file.read(at: 0, count: count)
        guard bytes.count == count, Array(bytes[..<4]) == Self.magic else { return nil }
        let covered = unsafe bytes.span.bytes.extracting(8..<count - 8)
        return Self.integer(in: bytes, at: count - 8) == checksum64(covered) ? bytes : nil
    }

    /// The transaction of a header; `nil` when the bytes are none.
    private static func number(of header: [UInt8]) -> UInt64? {
        guard header.count > headerNumberOffset + 8,
            integer(in: header, at: headerMagicOffset) == headerMagic
        else { return nil }
        return integer(in: header, at: headerNumberOffset)
    }

    private static func integer(in bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(of value: UInt64) -> [UInt8] {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) }
    }

    /// What tells this start of the machine from all others.
    private static func startOfMachine() throws(AssetError) -> [UInt8]? {
        let path = "/proc/sys/kernel/random/boot_id"
        guard try FileSystem.kind(of: path) != nil else { return nil }
        let bytes = try File(path).read(at: 0, count: startByteCount)
        return bytes.count == startByteCount ? bytes : nil
    }
}
