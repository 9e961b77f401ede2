// File descriptors with one owner, and the calls on them that durability needs.

internal import CLinux
internal import Glibc

/// An open file, closed when the value goes away. Thread-safe: every access names its offset.
///
/// All calls retry `EINTR`, finish short transfers, and throw ``AssetError`` made from `errno`
/// with the path in the message.
package final class File: Sendable {
    package let path: String
    package let descriptor: CInt

    package struct Options: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// Also for writing.
        package static let write = Options(rawValue: 1)
        /// Make the file when it is not there.
        package static let create = Options(rawValue: 2)
        /// Make the file, and fail when it is there already.
        package static let createNew = Options(rawValue: 4)
        /// Cut an existing file to nothing.
        package static let truncate = Options(rawValue: 8)
    }

    /// The corresponding C function is `open`.
    package init(_ path: String, _ options: Options = []) throws(AssetError) {
        var flags = O_CLOEXEC | (options.contains(.write) ? O_RDWR : O_RDONLY)
        if options.contains(.create) { flags |= O_CREAT }
        if options.contains(.createNew) { flags |= O_CREAT | O_EXCL }
        if options.contains(.truncate) { flags |= O_TRUNC }
        let descriptor = retryingInterrupts { unsafe open(path, flags, 0o644) }
        guard descriptor >= 0 else { throw .systemCall("open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    /// A nameless file in `directory` that vanishes with this value or with the process.
    ///
    /// The corresponding C function is `open` with `O_TMPFILE`; on file systems without it, `open`
    /// with `O_CREAT | O_EXCL` and `unlink`.
    package init(temporaryIn directory: String) throws(AssetError) {
        let nameless = retryingInterrupts {
            unsafe open(directory, O_CLOEXEC | O_RDWR | CInt(assetstore_O_TMPFILE), 0o600)
        }
        if nameless >= 0 {
            self.path = "\(directory)/(a file without a name)"
            self.descriptor = nameless
            return
        }
        guard errno == EOPNOTSUPP || errno == EISDIR else { throw .systemCall("open", directory) }
        let path = "\(directory)/.temporary-\(getpid())-\(hex(UInt64.random(in: 0 ... .max)))"
        let descriptor = retryingInterrupts {
            unsafe open(path, O_CLOEXEC | O_RDWR | O_CREAT | O_EXCL, 0o600)
        }
        guard descriptor >= 0 else { throw .systemCall("open", path) }
        self.path = path
        self.descriptor = descriptor
        guard unsafe unlink(path) == 0 else { throw .systemCall("unlink", path) }
    }

    deinit { _ = close(descriptor) }

    /// The file's length in bytes. The corresponding C function is `fstat`.
    package func byteCount() throws(AssetError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .systemCall("fstat", path) }
        return status.st_size
    }

    /// Whether a directory still holds a name for the file. The corresponding C function is
    /// `fstat`.
    package func isLinked() throws(AssetError) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .systemCall("fstat", path) }
        return status.st_nlink > 0
    }

    /// Reads until `buffer` is full or the file ends; returns the bytes read. The corresponding C
    /// function is `pread`.
    package func read(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(AssetError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = retryingInterrupts {
                unsafe pread(
                    descriptor, buffer.baseAddress! + done, buffer.count - done, offset + done)
            }
            if count == 0 { break }
            guard count > 0 else { throw .systemCall("pread", path) }
            done += count
        }
        return done
    }

    /// Reads up to `count` bytes at `offset`; fewer where the file ends.
    package func read(at offset: Int, count: Int) throws(AssetError) -> [UInt8] {
        var failure: AssetError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(AssetError) {
                unsafe initialized = try read(
                    at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of `bytes`. The corresponding C function is `pwrite`.
    package func write(_ bytes: RawSpan, at offset: Int) throws(AssetError) {
        var failure: AssetError?
        unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = retryingInterrupts {
                    unsafe pwrite(
                        descriptor, buffer.baseAddress! + done, buffer.count - done,
                        offset + done)
                }
                guard count > 0 else {
                    failure = .systemCall("pwrite", path, errno: count == 0 ? ENOSPC : errno)
                    return
                }
                done += count
            }
        }
        if let failure { throw failure }
    }

    /// Writes three pieces as ``write(_:at:durably:)`` does.
    @discardableResult
    package func write(
        _ first: RawSpan, _ second: RawSpan, _ third: RawSpan, at offset: Int,
        durably: Bool = false
    ) throws(AssetError) -> Bool {
        let outcome = unsafe first.withUnsafeBytes { first in
            unsafe second.withUnsafeBytes { second in
                unsafe third.withUnsafeBytes { third in
                    Result { () throws(AssetError) in
                        unsafe try write([first, second, third], at: offset, durably: durably)
                    }
                }
            }
        }
        return try outcome.get()
    }

    /// Writes pieces one behind the other, in one call where the kernel takes them at once. Says
    /// whether they are durable already.
    ///
    /// The corresponding C function is `pwritev2`, with `RWF_DSYNC`.
    ///
    /// - Parameters:
    ///   - pieces: at most 1024 (`IOV_MAX`), some of which may be empty.
    ///   - durably: ask the kernel to make them durable with the same call.
    @discardableResult
    package func write(
        _ pieces: [UnsafeRawBufferPointer], at offset: Int, durably: Bool = false
    ) throws(AssetError) -> Bool {
        let vectors = unsafe pieces.map {
            unsafe iovec(
                iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        let flags = durably ? CInt(assetstore_RWF_DSYNC) : 0
        let written = retryingInterrupts {
            unsafe pwritev2(descriptor, vectors, CInt(vectors.count), offset, flags)
        }
        guard written >= 0 else {
            // A kernel or a file system that knows no such flag.
            guard durably, errno == EOPNOTSUPP else { throw .systemCall("pwritev2", path) }
            return unsafe try write(pieces, at: offset)
        }
        // What the kernel left, piece by piece.
        var start = 0
        for index in unsafe pieces.indices {
            let piece = unsafe pieces[index]
            let done = min(max(0, written - start), piece.count)
            let rest = unsafe UnsafeRawBufferPointer(rebasing: piece[done...])
            if unsafe !rest.isEmpty {
                unsafe try write(rest.bytes, at: offset + start + done)
            }
            start += piece.count
        }
        return durably && written == start
    }

    /// Lets the kernel begin to write a range to the disk, so that a later sync finds less to do.
    /// Makes nothing durable. The corresponding C function is `sync_file_range`; where there is
    /// none, nothing happens.
    package func startWriting(_ range: Range<Int>) throws(AssetError) {
        let status = retryingInterrupts {
            sync_file_range(
                descriptor, range.lowerBound, range.count,
                UInt32(assetstore_SYNC_FILE_RANGE_WRITE))
        }
        guard status == 0 || errno == ENOSYS || errno == ESPIPE || errno == EINVAL else {
            throw .systemCall("sync_file_range", path)
        }
    }

    /// Makes the file's bytes, and the metadata needed to read them, durable. The corresponding C
    /// function is `fdatasync`. A failed sync must never be retried.
    package func synchronizeData() throws(AssetError) {
        guard retryingInterrupts({ fdatasync(descriptor) }) == 0 else {
            throw .systemCall("fdatasync", path)
        }
    }

    /// Makes the file durable. The corresponding C function is `fsync`.
    package func synchronize() throws(AssetError) {
        guard retryingInterrupts({ fsync(descriptor) }) == 0 else {
            throw .systemCall("fsync", path)
        }
    }

    /// Makes sure that the bytes in `range` have disk blocks, growing the file where needed.
    ///
    /// The corresponding C function is `fallocate`; where the file system has none, the file is
    /// grown by `ftruncate` and blocks come as they are written.
    package func preallocate(_ range: Range<Int>) throws(AssetError) {
        let status = retryingInterrupts {
            fallocate(descriptor, 0, range.lowerBound, range.count)
        }
        if status == 0 { return }
        guard errno == EOPNOTSUPP else { throw .systemCall("fallocate", path) }
        if try byteCount() < range.upperBound { try truncate(to: range.upperBound) }
    }

    /// Gives back the disk blocks of a range, which then reads as zeros; the file's length stays.
    /// Says whether the file system can. Whole blocks only: what of a block lies outside the range
    /// keeps it.
    ///
    /// The corresponding C function is `fallocate` with `FALLOC_FL_PUNCH_HOLE`.
    package func punchHole(_ range: Range<Int>) throws(AssetError) -> Bool {
        let mode = assetstore_FALLOC_FL_PUNCH_HOLE | assetstore_FALLOC_FL_KEEP_SIZE
        let status = retryingInterrupts {
            fallocate(descriptor, CInt(mode), range.lowerBound, range.count)
        }
        if status == 0 { return true }
        guard errno == EOPNOTSUPP || errno == ENOSYS else { throw .systemCall("fallocate", path) }
        return false
    }

    /// The corresponding C function is `ftruncate`.
    package func truncate(to byteCount: Int) throws(AssetError) {
        guard retryingInterrupts({ ftruncate(descriptor, byteCount) }) == 0 else {
            throw .systemCall("ftruncate", path)
        }
    }
}

/// Repeats `call` while it is interrupted by a signal.
package func retryingInterrupts<T: SignedInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result == -1 && errno == EINTR { continue }
        return result
    }
}
