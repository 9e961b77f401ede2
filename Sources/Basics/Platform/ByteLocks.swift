// Ownership that ends with its owner: locks on single bytes of one file.
//
// A process opens the file once and locks the byte whose offset stands for a thing (a pack, a
// job). The kernel drops the locks when the process dies, however it dies, so whoever asks next
// knows at once that the owner is gone. These are open-file-description locks: they belong to the
// open file, not to the process, so closing another descriptor of the same file drops nothing.

internal import CLinux
internal import Glibc
internal import Synchronization

/// Exclusive ownership of numbered things among processes, held in one lock file.
///
/// Thread-safe. Within the process a byte has at most one holder too.
package final class ByteLocks: Sendable {
    private let file: File
    private let held = Mutex<Set<UInt64>>([])

    /// Opens the lock file, making it when it is not there.
    package init(path: String) throws(AssetError) {
        file = try File(path, [.write, .create])
    }

    /// Takes ownership of `number`, or returns `nil` at once when someone else has it.
    ///
    /// The corresponding C function is `fcntl` with `F_OFD_SETLK`.
    package func tryLock(_ number: UInt64) throws(AssetError) -> ByteLock? {
        let offset = number & (1 << 62 - 1)
        let isFree = held.withLock { $0.insert(offset).inserted }
        guard isFree else { return nil }
        let status = retryingInterrupts {
            setLock(Int16(F_WRLCK), at: offset)
        }
        if status == 0 { return ByteLock(offset, of: self) }
        let code = errno
        held.withLock { _ = $0.remove(offset) }
        if code == EAGAIN || code == EACCES { return nil }
        throw .systemCall("fcntl", file.path, errno: code)
    }

    /// Takes ownership of `number`, which is waited for. Within a process, callers take turns by
    /// other means: this tells processes apart, not threads.
    ///
    /// The corresponding C function is `fcntl` with `F_OFD_SETLKW`.
    package func lock(_ number: UInt64) throws(AssetError) -> ByteLock {
        let offset = number & (1 << 62 - 1)
        let status = retryingInterrupts {
            var lock = Self.range(Int16(F_WRLCK), at: offset)
            return unsafe fcntl(file.descriptor, CInt(assetstore_F_OFD_SETLKW), &lock)
        }
        guard status == 0 else { throw .systemCall("fcntl", file.path) }
        held.withLock { _ = $0.insert(offset) }
        return ByteLock(offset, of: self)
    }

    /// Runs `body` while owning `number`; see ``lock(_:)``.
    package func withLock<Result>(
        _ number: UInt64, _ body: () throws -> Result
    ) throws -> Result {
        let lock = try lock(number)
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// Whether someone owns `number`, of this or another process. Takes nothing, so that asking
    /// never keeps anyone from becoming the owner.
    ///
    /// The corresponding C function is `fcntl` with `F_OFD_GETLK`.
    package func isLocked(_ number: UInt64) throws(AssetError) -> Bool {
        let offset = number & (1 << 62 - 1)
        if held.withLock({ $0.contains(offset) }) { return true }
        var lock = Self.range(Int16(F_WRLCK), at: offset)
        let status = retryingInterrupts {
            unsafe fcntl(file.descriptor, CInt(assetstore_F_OFD_GETLK), &lock)
        }
        guard status == 0 else { throw .systemCall("fcntl", file.path) }
        return lock.l_type != Int16(F_UNLCK)
    }

    fileprivate func unlock(_ offset: UInt64) {
        held.withLock { held in
            // Unlocking a byte that this open file holds has no way to fail.
            _ = setLock(Int16(F_UNLCK), at: offset)
            held.remove(offset)
        }
    }

    private func setLock(_ type: Int16, at offset: UInt64) -> CInt {
        var lock = Self.range(type, at: offset)
        return unsafe fcntl(file.descriptor, CInt(assetstore_F_OFD_SETLK), &lock)
    }

    private static func range(_ type: Int16, at offset: UInt64) -> flock {
        var lock = flock()
        lock.l_type = type
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = Int(offset)
        lock.l_len = 1
        return lock
    }
}

/// Ownership of one number, given up when the value goes away.
package final class ByteLock: Sendable {
    private let offset: UInt64
    private let locks: ByteLocks

    fileprivate init(_ offset: UInt64, of locks: ByteLocks) {
        self.offset = offset
        self.locks = locks
    }

    deinit { locks.unlock(offset) }
}
