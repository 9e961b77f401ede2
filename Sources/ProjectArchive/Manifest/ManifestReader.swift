// Streams the manifest of an archive, line by line.

internal import AssetStore
internal import Basics
internal import Glibc

/// The manifest of an archive. Thread-safe.
struct ManifestReader: Sendable {
    let archive: ZipReader
    let entry: ZipEntry

    /// `nil` when the archive has no manifest.
    init?(_ archive: ZipReader) throws(AssetError) {
        guard let entry = try archive.entry(path: Manifest.path) else { return nil }
        self.archive = archive
        self.entry = entry
    }

    /// What the whole manifest was found to be.
    struct Summary: Equatable, Sendable {
        var project: ProjectLine
        var counts: ManifestCounts
        /// XXH3-128 of all lines but the last.
        var checksum: ContentChecksum
    }

    /// Calls `body` with every line but the last, in order, after checking it against those before
    /// it. That nothing was changed or is missing is known when this returns. O(1) memory.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` naming the archive, the line and the reason;
    ///   what `body` throws.
    @discardableResult
    func forEachLine(_ body: (ManifestLine) throws -> Void) throws -> Summary {
        var order = ManifestOrder()
        var hasher = ContentHasher()
        var number = 0
        try forEachRawLine { bytes in
            number += 1
            let line: ManifestLine
            do throws(AssetError) {
                line = try ManifestLine(bytes)
                try order.add(line)
                if case .end(let end) = line, hasher.value() != end.checksum {
                    throw JSONLine.refused("the lines before it were changed")
                }
            } catch {
                throw archive.directory.subject.refused(
                    "line \(number) of its manifest: \(error.message)")
            }
            if case .end = line { return }
            unsafe hasher.update(bytes.span.bytes)
            unsafe hasher.update([UInt8(ascii: "\n")].span.bytes)
            try body(line)
        }
        guard order.isFinished, let project = order.project else {
            throw archive.directory.subject.refused("its manifest has no end")
        }
        return Summary(project: project, counts: order.counts, checksum: hasher.value())
    }

    /// Calls `body` with the bytes of each line, without its end.
    private func forEachRawLine(_ body: ([UInt8]) throws -> Void) throws {
        var line: [UInt8] = []
        try archive.read(entry) { piece in
            var rest = piece
            while !rest.isEmpty {
                let end = rest.firstOffset(of: UInt8(ascii: "\n"))
                let part = rest.extracting(first: end ?? rest.byteCount)
                guard line.count + part.byteCount <= Limits.archiveManifestLineByteCountMax else {
                    throw archive.directory.subject.refused(
                        "a line of its manifest is longer than "
                            + "\(Limits.archiveManifestLineByteCountMax) bytes")
                }
                unsafe part.withUnsafeBytes { unsafe line.append(contentsOf: $0) }
                guard let end else { return }
                try body(line)
                line.removeAll(keepingCapacity: true)
                rest = rest.extracting(droppingFirst: end + 1)
            }
        }
        guard line.isEmpty else {
            throw archive.directory.subject.refused("the last line of its manifest has no end")
        }
    }
}

extension RawSpan {
    /// Where a byte is first. The corresponding C function is `memchr`.
    fileprivate func firstOffset(of byte: UInt8) -> Int? {
        unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            guard let found = unsafe memchr(base, CInt(byte), bytes.count) else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}
