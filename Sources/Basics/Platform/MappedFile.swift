// Read-only views of files: how stored bytes are lent without copying them.

internal import Glibc

/// A file's bytes in memory, read-only, paged in by the kernel as they are touched. Thread-safe.
///
/// The mapping may be longer than the file, so that a file which grows needs no new one; bytes
/// beyond the file's end must not be touched (`SIGBUS`), so callers ask ``File/byteCount()`` first.
@safe package final class MappedFile: @unchecked Sendable {
    // @unchecked: the address never changes, and nothing is written through it.
    private let address: UnsafeMutableRawPointer
    /// The length of the mapping.
    package let byteCount: Int
    package let file: File

    /// Maps the first `byteCount` bytes of `file`. The corresponding C function is `mmap` with
    /// `PROT_READ` and `MAP_SHARED`.
    package init(_ file: File, byteCount: Int) throws(AssetError) {
        guard let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, file.descriptor, 0),
            unsafe address != MAP_FAILED
        else { throw .systemCall("mmap", file.path) }
        unsafe self.address = address
        self.byteCount = byteCount
        self.file = file
    }

    deinit { _ = unsafe munmap(address, byteCount) }

    /// Lends the bytes of `range`, which must lie within the mapping and within the file.
    package func withBytes<Result>(
        _ range: Range<Int>, _ body: (RawSpan) throws -> Result
    ) rethrows -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        return try body(
            unsafe UnsafeRawBufferPointer(
                start: address + range.lowerBound, count: range.count
            ).bytes)
    }
}
