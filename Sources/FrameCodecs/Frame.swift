// A picture in memory: what layers draw on, codecs pack and encoders eat.

public import Basics

/// A picture in memory, owned uniquely by its holder.
///
/// Sendable: it can be handed to another thread, and read by several at once when it sits in a
/// shared immutable box; changing it needs exclusive access, which the compiler enforces.
///
/// Planes lie one after the other, each starting at a multiple of 64 bytes, each row at a multiple
/// of ``alignment`` bytes unless other strides were asked for. Fresh frames are zero (transparent black in the RGB formats).
@safe public struct Frame: ~Copyable, @unchecked Sendable {
    // @unchecked: the memory has one owner, and is only written through `mutating` functions.

    /// Where a plane lies in the frame's memory.
    public struct Plane: Sendable, Equatable {
        /// The plane's first byte, from the start of the frame's memory.
        public let offset: Int
        /// Bytes from one row to the next.
        public let stride: Int
        /// Bytes of a row that carry samples.
        public let rowByteCount: Int
        /// The plane's height in samples.
        public let rows: Int
    }

    /// Rows start at multiples of this many bytes.
    public static let alignment = 64

    /// Pixels, within ``Limits/frameSide``.
    public let width: Int
    /// Pixels, within ``Limits/frameSide``.
    public let height: Int
    /// What the samples mean.
    public private(set) var format: PixelFormat
    /// Where the planes lie: one, or Y, Cb and Cr.
    public let planes: [Plane]
    /// The bytes of the frame's memory, padding included.
    public let byteCount: Int
    private let memory: UnsafeMutableRawPointer

    /// A frame of zeros.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when a side is outside ``Limits/frameSide``.
    public init(width: Int, height: Int, format: PixelFormat) throws(AssetError) {
        try self.init(width: width, height: height, format: format, strides: nil)
    }

    /// A frame of zeros whose rows lie as the caller wants them, unaligned when the strides are no
    /// multiples of ``alignment``.
    ///
    /// - Parameter strides: for each plane the bytes from one row to the next.
    /// - Throws: ``AssetError/Code/invalidArgument`` when a side is outside ``Limits/frameSide``, or
    ///   a stride is missing, shorter than its row or more than 16 times ``Limits/frameSide``.
    public init(
        width: Int, height: Int, format: PixelFormat, strides: [Int]
    ) throws(AssetError) {
        try self.init(width: width, height: height, format: format, strides: .some(strides))
    }

    private init(
        width: Int, height: Int, format: PixelFormat, strides: [Int]?
    ) throws(AssetError) {
        guard Limits.frameSide.contains(width), Limits.frameSide.contains(height) else {
            throw AssetError(
                .invalidArgument,
                "a frame of \(width)×\(height) pixels is outside "
                    + "\(Limits.frameSide.lowerBound)–\(Limits.frameSide.upperBound) per side")
        }
        guard strides.map({ $0.count == format.planeCount }) ?? true else {
            throw AssetError(
                .invalidArgument,
                "\(format) has \(format.planeCount) planes; give a stride for each")
        }
        var planes: [Plane] = []
        var offset = 0
        for plane in 0..<format.planeCount {
            let (used, rows) = format.planeSize(plane, width: width, height: height)
            let aligned = (used + Self.alignment - 1) / Self.alignment * Self.alignment
            let stride = strides?[plane] ?? aligned
            guard stride >= used, stride <= 16 * Limits.frameSide.upperBound else {
                throw AssetError(
                    .invalidArgument,
                    "a stride of \(stride) bytes is too short or too long for rows of \(used)")
            }
            planes.append(Plane(offset: offset, stride: stride, rowByteCount: used, rows: rows))
            offset += (stride * rows + Self.alignment - 1) / Self.alignment * Self.alignment
        }
        self.width = width
        self.height = height
        self.format = format
        self.planes = planes
        self.byteCount = offset
        unsafe memory = UnsafeMutableRawPointer.allocate(
            byteCount: offset, alignment: Self.alignment)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: offset)
    }

    /// The same memory with another meaning of its samples, of which there are as many.
    ///
    /// - Precondition: both formats have the same planes.
    package consuming func reinterpreted(as format: PixelFormat) -> Frame {
        precondition(
            self.format.planeCount == format.planeCount
                && self.format.sampleByteCount == format.sampleByteCount
                && (0..<format.planeCount).allSatisfy {
                    self.format.channelCount(plane: $0) == format.channelCount(plane: $0)
                }, "\(self.format) has other planes than \(format)")
        var frame = self
        frame.format = format
        return frame
    }

    deinit { unsafe memory.deallocate() }

    /// Lends the frame's memory, padding included. Planes lie where ``planes`` says.
    public func withBytes<Result: ~Copyable>(
        _ body: (RawSpan) throws -> Result
    ) rethrows -> Result {
        try body(unsafe UnsafeRawBufferPointer(start: memory, count: byteCount).bytes)
    }

    /// Lends the frame's memory to be written, padding included. Planes lie where ``planes`` says.
    public mutating func withMutableBytes<Result: ~Copyable>(
        _ body: (inout MutableRawSpan) throws -> Result
    ) rethrows -> Result {
        var bytes = unsafe UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
            .mutableBytes
        return try body(&bytes)
    }

    /// Lends the frame's memory for C libraries and kernels.
    package func withUnsafeBytes<Result: ~Copyable>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: memory, count: byteCount))
    }

    /// Lends the frame's memory to be written by C libraries and kernels.
    package mutating func withUnsafeMutableBytes<Result: ~Copyable>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try unsafe body(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
    }

    /// A view of the frame's memory for the inner loops. It must not outlive the call that borrows
    /// the frame, and be written through only when that call has the frame `inout`.
    var samples: Lane<UInt8> {
        unsafe Lane(
            start: memory.assumingMemoryBound(to: UInt8.self), bounds: 0..<byteCount)
    }

    /// Sets every byte to zero: transparent black in the RGB formats.
    public mutating func clear() {
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    /// Makes this frame equal to `other`, which must have the same size, format and strides.
    public mutating func copy(from other: borrowing Frame) {
        precondition(
            width == other.width && height == other.height && format == other.format
                && planes == other.planes, "frames of different shape")
        unsafe memory.copyMemory(from: other.memory, byteCount: byteCount)
    }
}

extension Frame {
    /// Takes the samples of a frame of the same size and format, wherever their rows lie.
    package mutating func copyRows(from other: borrowing Frame) {
        precondition(
            width == other.width && height == other.height && format == other.format,
            "frames of different shape")
        for (to, from) in zip(planes, other.planes) {
            for row in 0..<to.rows {
                samples.moved(to: to.offset + row * to.stride).copy(
                    to.rowByteCount, of: other.samples.moved(to: from.offset + row * from.stride),
                    from: 0, to: 0)
            }
        }
    }
}

extension Frame {
    /// Takes the samples of a part of a larger frame of the same format, of this frame's size.
    ///
    /// - Parameters:
    ///   - column: the part's first column, even where chroma is halved.
    ///   - row: the part's first row, even where chroma is halved.
    package mutating func copyRegion(of other: borrowing Frame, column: Int, row: Int) {
        precondition(
            format == other.format && column >= 0 && row >= 0 && column + width <= other.width
                && row + height <= other.height, "no part of the frame")
        for number in 0..<planes.count {
            let (to, from) = (planes[number], other.planes[number])
            let shift = number > 0 ? 1 : 0
            let pixelByteCount = format.channelCount(plane: number) * format.sampleByteCount
            let start = from.offset + (column >> shift) * pixelByteCount
            for y in 0..<to.rows {
                samples.moved(to: to.offset + y * to.stride).copy(
                    to.rowByteCount,
                    of: other.samples.moved(to: start + (y + row >> shift) * from.stride),
                    from: 0, to: 0)
            }
        }
    }
}

/// A frame that no one changes any more, to be read by several threads.
public final class SharedFrame: Sendable {
    /// The frame, to be read by anyone.
    public let frame: Frame

    /// Takes `frame` over.
    public init(_ frame: consuming Frame) { self.frame = frame }
}
