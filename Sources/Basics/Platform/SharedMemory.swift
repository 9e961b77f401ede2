// Memory that processes share through a file: what they tell each other and nobody has to keep.

internal import Glibc

/// A small file in memory, written by several processes. Not synchronised: whoever touches it holds
/// a lock that the others know.
@safe package final class SharedMemory: @unchecked Sendable {
    // @unchecked: the address never changes; access is guarded by the caller's lock.
    private let address: UnsafeMutableRawPointer
    package let byteCount: Int

    /// Maps the file at `path`, which is made and filled with zeros when it is shorter.
    ///
    /// The corresponding C functions are `open`, `fallocate` and `mmap` with `MAP_SHARED`.
    package init(path: String, byteCount: Int) throws(AssetError) {
        let file = try File(path, [.write, .create])
        // A page without a disk block would be SIGBUS on a full disk.
        if try file.byteCount() < byteCount { try file.preallocate(0..<byteCount) }
        guard
            let address = unsafe mmap(
                nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0),
            unsafe address != MAP_FAILED
        else { throw .systemCall("mmap", path) }
        unsafe self.address = address
        self.byteCount = byteCount
    }

    deinit { _ = unsafe munmap(address, byteCount) }

    /// Lends the memory.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeMutableRawBufferPointer(start: address, count: byteCount))
    }
}
