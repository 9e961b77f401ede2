// Many frames at a glance: thumbnails, and a sheet of them.

public import AssetStore
public import Basics
public import FrameCodecs
internal import Media

/// How a sheet of thumbnails is laid out.
public struct ContactSheet: Sendable, Equatable {
    /// Thumbnails side by side, 1 to 100.
    public var columns: Int
    /// Thumbnails below each other, 1 to 100. Fewer where there are not so many frames.
    public var rows: Int
    /// Pixels of a thumbnail's width, 8 to 2048; its height is that of the first frame's shape.
    public var thumbnailWidth: Int
    /// Pixels between thumbnails and around them, 0 to 256.
    public var gap: Int

    /// A layout.
    public init(columns: Int = 6, rows: Int = 5, thumbnailWidth: Int = 320, gap: Int = 8) {
        (self.columns, self.rows) = (columns, rows)
        (self.thumbnailWidth, self.gap) = (thumbnailWidth, gap)
    }

    /// Draws a sheet of frames spread evenly over all stored ones of a job, row by row, on dark
    /// grey, in ``PixelFormat/bgraPremultiplied``; `nil` when the job has no frames. A frame of
    /// another shape than the first is fitted into its place.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` for a layout that can't be; what unpacking
    ///   frames throws.
    /// - Complexity: O(stored frames) for finding them; unpacks at most `columns` × `rows`.
    public func draw(_ job: JobID, of store: Store) throws -> Frame? {
        try validate()
        let indexes = try spread(columns * rows, over: job, of: store)
        guard let first = indexes.first else { return nil }
        var frames = try StoredFrames(store, job)
        guard let shape = try frames.frame(first, format: .bgraPremultiplied)?.shape else {
            return nil
        }
        let cellHeight = max(
            1, min(4096, (shape.height * thumbnailWidth + shape.width / 2) / shape.width))
        let usedRows = (indexes.count + columns - 1) / columns
        let usedColumns = min(columns, indexes.count)
        var sheet = try Frame(
            width: usedColumns * (thumbnailWidth + gap) + gap,
            height: usedRows * (cellHeight + gap) + gap, format: .bgraPremultiplied)
        sheet.fillDarkGrey()
        let converter = FrameConverter()
        for (number, index) in indexes.enumerated() {
            // One that went meanwhile leaves its place empty.
            guard let frame = try frames.frame(index, format: .bgraPremultiplied) else { continue }
            let small = try thumbnail(
                of: frame, fitting: thumbnailWidth, cellHeight, by: converter)
            let left = gap + number % columns * (thumbnailWidth + gap)
            let top = gap + number / columns * (cellHeight + gap)
            sheet.paste(
                small, column: left + (thumbnailWidth - small.width) / 2,
                row: top + (cellHeight - small.height) / 2)
        }
        return sheet
    }

    private func validate() throws(AssetError) {
        guard (1...100).contains(columns), (1...100).contains(rows),
            (8...2048).contains(thumbnailWidth), (0...256).contains(gap),
            columns * (thumbnailWidth + gap) + gap <= Limits.frameSide.upperBound
        else {
            throw AssetError(
                .invalidArgument,
                "a sheet of \(columns)×\(rows) thumbnails of \(thumbnailWidth) pixels can't be "
                    + "drawn; choose at most 100×100 of 8 to 2048 pixels, "
                    + "\(Limits.frameSide.upperBound) in all")
        }
    }

    /// The indexes of at most `count` stored frames, the first among them, at even distances.
    private func spread(_ count: Int, over job: JobID, of store: Store) throws -> [Int] {
        let total = try store.job(job)?.frames.count ?? 0
        guard total > 0 else { return [] }
        let wanted = min(count, total)
        var (indexes, position) = ([Int](), 0)
        try store.forEachFrame(of: job) { frame in
            if position == indexes.count * total / wanted { indexes.append(frame.index) }
            position += 1
            return indexes.count < wanted
        }
        return indexes
    }
}

/// A frame scaled down, or up, to fit into `width` × `height` pixels, its shape kept, as
/// ``PixelFormat/bgraPremultiplied``.
///
/// - Throws: ``AssetError/Code/invalidArgument`` when that is no size, ``AssetError/Code/library``.
public func thumbnail(
    of frame: borrowing Frame, fitting width: Int, _ height: Int
) throws(AssetError) -> Frame {
    try thumbnail(of: frame, fitting: width, height, by: FrameConverter())
}

private func thumbnail(
    of frame: borrowing Frame, fitting width: Int, _ height: Int, by converter: FrameConverter
) throws(AssetError) -> Frame {
    let scale = min(Double(width) / Double(frame.width), Double(height) / Double(frame.height))
    var small = try Frame(
        width: max(1, min(width, Int((Double(frame.width) * scale).rounded()))),
        height: max(1, min(height, Int((Double(frame.height) * scale).rounded()))),
        format: .bgraPremultiplied)
    try converter.convert(frame, into: &small)
    return small
}

extension Frame {
    fileprivate mutating func fillDarkGrey() {
        unsafe withUnsafeMutableBytes { memory in
            for start in stride(from: 0, to: memory.count, by: 4) {
                unsafe memory.storeBytes(
                    of: UInt32(0xFF20_2020).littleEndian, toByteOffset: start, as: UInt32.self)
            }
        }
    }

    /// Takes the samples of a smaller frame of four channels, which fits.
    fileprivate mutating func paste(_ small: borrowing Frame, column: Int, row: Int) {
        let (to, from) = (planes[0], small.planes[0])
        unsafe withUnsafeMutableBytes { target in
            unsafe small.withUnsafeBytes { source in
                for y in 0..<from.rows {
                    let start = to.offset + (row + y) * to.stride + 4 * column
                    let line = from.offset + y * from.stride
                    unsafe UnsafeMutableRawBufferPointer(
                        rebasing: target[start..<start + from.rowByteCount]
                    ).copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: source[line..<line + from.rowByteCount]))
                }
            }
        }
    }
}
