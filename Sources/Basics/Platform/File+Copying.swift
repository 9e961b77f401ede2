// Copying ranges of files, and knowing where they have any bytes.

internal import CLinux
internal import Glibc

extension File {
    /// Copies a range to the same place of another file; returns the bytes copied, fewer where this
    /// file ends. File systems that can share blocks do, and others copy within the kernel.
    ///
    /// The corresponding C function is `copy_file_range`; where that isn't to be had, `pread` and
    /// `pwrite`.
    package func copy(_ range: Range<Int>, to target: File) throws(AssetError) -> Int {
        var (source, destination) = (range.lowerBound, range.lowerBound)
        while source < range.upperBound {
            let count = retryingInterrupts {
                unsafe copy_file_range(
                    descriptor, &source, target.descriptor, &destination,
                    UInt(range.upperBound - source), 0)
            }
            if count > 0 { continue }
            if count == 0 { break }
            switch errno {
            case EXDEV, ENOSYS, EOPNOTSUPP, EINVAL, EPERM:
                return source - range.lowerBound
                    + (try copyThroughMemory(source..<range.upperBound, to: target))
            default: throw .systemCall("copy_file_range", target.path)
            }
        }
        return source - range.lowerBound
    }

    private func copyThroughMemory(
        _ range: Range<Int>, to target: File
    ) throws(AssetError) -> Int {
        var position = range.lowerBound
        while position < range.upperBound {
            let bytes = try read(at: position, count: min(1 << 20, range.upperBound - position))
            if bytes.isEmpty { break }
            unsafe try target.write(bytes.span.bytes, at: position)
            position += bytes.count
        }
        return position - range.lowerBound
    }

    /// The first range, from `offset` on, that may hold anything but zeros; `nil` when there is
    /// none. The corresponding C function is `lseek` with `SEEK_DATA` and `SEEK_HOLE`.
    package func data(from offset: Int) throws(AssetError) -> Range<Int>? {
        let end = try byteCount()
        guard offset < end else { return nil }
        let start = lseek(descriptor, offset, CInt(assetstore_SEEK_DATA))
        guard start >= 0 else {
            if errno == ENXIO { return nil }
            // A file system that doesn't know has data everywhere.
            if errno == EINVAL { return offset..<end }
            throw .systemCall("lseek", path)
        }
        let hole = lseek(descriptor, start, CInt(assetstore_SEEK_HOLE))
        guard hole >= 0 else {
            // It was cut since.
            if errno == ENXIO { return nil }
            throw .systemCall("lseek", path)
        }
        return start..<max(start, hole)
    }
}
