// Reading an asset: any range, each part checked before its bytes are seen.

public import Basics
internal import Synchronization

/// Reads the bytes of one asset. Thread-safe.
///
/// Each part (4 MiB) is checked against its checksum once per reader. When the asset is removed
/// while it is read, the next read throws ``AssetError/Code/inputMissing``.
public final class AssetReader: RandomAccessBytes {
    /// What is read, as it was when the reader was made.
    public let asset: Asset
    private let store: Store
    /// The places whose bytes matched their checksum.
    private let checked = Mutex<Set<ExtentKey>>([])

    init(_ store: Store, _ asset: Asset) {
        self.store = store
        self.asset = asset
    }

    /// The length of the asset's bytes.
    public var byteCount: Int { asset.byteCount }
    /// The asset's identifier and name, for messages.
    public var subject: String { asset.subject }

    /// Copies as much of the asset as there is from `offset` on into `buffer`, and returns how many
    /// bytes that were.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when `offset` is negative,
    ///   ``AssetError/Code/damaged`` naming the asset and the part,
    ///   ``AssetError/Code/inputMissing`` when the asset was removed.
    public func read(
        at offset: Int, into buffer: inout MutableRawSpan
    ) throws(AssetError) -> Int {
        guard offset >= 0 else {
            throw AssetError(.invalidArgument, "\(subject) has no byte \(offset)")
        }
        let wanted = min(buffer.byteCount, max(0, byteCount - offset))
        var done = 0
        while done < wanted {
            let position = offset + done
            let inPart = position % Limits.partByteCount
            let count = min(wanted - done, Limits.partByteCount - inPart)
            var failure: AssetError?
            do {
                try withPart(position / Limits.partByteCount) { part in
                    let piece = part.extracting(inPart..<inPart + count)
                    unsafe buffer.withUnsafeMutableBytes { target in
                        unsafe piece.withUnsafeBytes { source in
                            unsafe UnsafeMutableRawBufferPointer(
                                rebasing: target[done..<done + count]
                            ).copyMemory(from: source)
                        }
                    }
                }
            } catch let error as AssetError {
                failure = error
            } catch {
                failure = AssetError(.io, "\(subject): \(error)", cause: error)
            }
            if let failure { throw failure }
            done += count
        }
        return done
    }

    /// Calls `body` with the bytes of `range`, in order, in pieces of at most one part, lent from
    /// the mapped packs.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the range is not within the asset,
    ///   ``AssetError/Code/damaged`` naming the asset and the part; what `body` throws.
    public func forEachPiece(
        of range: Range<Int>? = nil, _ body: (RawSpan) throws -> Void
    ) throws {
        let range = range ?? 0..<byteCount
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw AssetError(
                .invalidArgument,
                "\(subject) has \(byteCount) bytes; bytes \(range.lowerBound) to "
                    + "\(range.upperBound - 1) are not all there")
        }
        var position = range.lowerBound
        while position < range.upperBound {
            let inPart = position % Limits.partByteCount
            let count = min(range.upperBound - position, Limits.partByteCount - inPart)
            try withPart(position / Limits.partByteCount) { part in
                try body(part.extracting(inPart..<inPart + count))
            }
            position += count
        }
    }

    /// Lends one part's bytes. The part's record is looked up in the snapshot that is held
    /// meanwhile, so its bytes can't be given back under the reader.
    private func withPart(_ part: Int, _ body: (RawSpan) throws -> Void) throws {
        try store.read { snapshot in
            var place: ExtentKey?
            try snapshot.withPart(
                part, of: asset,
                isChecked: { extent in
                    place = extent
                    return checked.withLock { $0.contains(extent) }
                },
                { bytes in
                    if let place { checked.withLock { _ = $0.insert(place) } }
                    try body(bytes)
                })
        }
    }
}
