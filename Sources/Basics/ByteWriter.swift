// Builds records. Integers are little-endian in payloads and values, big-endian in keys, where
// byte order is sort order.

/// Appends integers, strings and bytes to a buffer of its own, or to one that is lent to it.
///
/// Everything here that is called per field is inlinable: keys and values are encoded in one
/// module and looked up in another, millions of times per second.
@safe @usableFromInline package struct ByteWriter: ~Copyable {
    /// Lent memory, whose first `lentCount` bytes are written; empty once `owned` has all bytes.
    @usableFromInline var lent: UnsafeMutableRawBufferPointer
    @usableFromInline var lentCount: Int
    /// All bytes, unless they are in `lent`.
    @usableFromInline var owned: [UInt8]

    package init(capacity: Int = 64) {
        unsafe lent = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        lentCount = 0
        owned = []
        owned.reserveCapacity(capacity)
    }

    @inlinable init(lent: UnsafeMutableRawBufferPointer) {
        unsafe self.lent = lent
        lentCount = 0
        owned = []
    }

    /// Lends `body` the bytes that `write` appends. Bytes that fit `byteCount` cost no allocation.
    ///
    /// - Parameter byteCount: at most 1024, which are taken from the stack.
    @inlinable package static func withBytes<Result, Failure: Error>(
        stackByteCount byteCount: Int, of write: (inout ByteWriter) -> Void,
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result: Swift.Result<Result, Failure> = unsafe withUnsafeTemporaryAllocation(
            byteCount: byteCount, alignment: 8
        ) { buffer in
            var writer = unsafe ByteWriter(lent: buffer)
            write(&writer)
            do throws(Failure) {
                if writer.lentCount == writer.count {
                    let written = UnsafeRawBufferPointer(buffer)
                    return .success(
                        try body(unsafe written.bytes.extracting(first: writer.lentCount)))
                }
                return .success(try body(unsafe writer.owned.span.bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The bytes appended so far.
    package var bytes: [UInt8] {
        lentCount == 0
            ? owned : unsafe Array(UnsafeRawBufferPointer(rebasing: lent[..<lentCount]))
    }

    @inlinable package var count: Int { lentCount + owned.count }

    @inlinable package mutating func append<T: FixedWidthInteger & Sendable & BitwiseCopyable>(
        _ value: T
    ) {
        appendRaw(value.littleEndian)
    }

    @inlinable
    package mutating func appendBigEndian<
        T: FixedWidthInteger & Sendable & BitwiseCopyable
    >(_ value: T) {
        appendRaw(value.bigEndian)
    }

    @inlinable package mutating func append(_ value: Double) { append(value.bitPattern) }

    package mutating func append(_ value: RawSpan) {
        unsafe value.withUnsafeBytes { unsafe appendBuffer($0) }
    }

    @inlinable package mutating func append(contentsOf value: some Collection<UInt8>) {
        if value.withContiguousStorageIfAvailable({
            unsafe appendBuffer(UnsafeRawBufferPointer($0))
        }) == nil {
            for byte in value { appendRaw(byte) }
        }
    }

    /// A string as a 32-bit count of UTF-8 bytes and these bytes.
    @inlinable package mutating func append(_ value: String) {
        append(UInt32(value.utf8.count))
        append(contentsOf: value.utf8)
    }

    /// A byte that says whether a value follows, then the value.
    @inlinable package mutating func append<T: FixedWidthInteger & Sendable & BitwiseCopyable>(
        optional value: T?
    ) {
        append(UInt8(value == nil ? 0 : 1))
        if let value { append(value) }
    }

    @inlinable package mutating func append(optional value: Double?) {
        append(optional: value?.bitPattern)
    }

    @inlinable package mutating func append(optional value: String?) {
        append(UInt8(value == nil ? 0 : 1))
        if let value { append(value) }
    }

    @inlinable mutating func appendRaw<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        let end = lentCount + MemoryLayout<T>.size
        if unsafe end <= lent.count {
            unsafe lent.storeBytes(of: value, toByteOffset: lentCount, as: T.self)
            lentCount = end
        } else {
            unsafe withUnsafeBytes(of: value) { unsafe appendOwned($0) }
        }
    }

    @usableFromInline mutating func appendBuffer(_ buffer: UnsafeRawBufferPointer) {
        let end = lentCount + buffer.count
        if unsafe end <= lent.count {
            unsafe UnsafeMutableRawBufferPointer(rebasing: lent[lentCount..<end])
                .copyMemory(from: buffer)
            lentCount = end
        } else {
            unsafe appendOwned(buffer)
        }
    }

    /// Appends what does not fit the lent memory, from which all moves away.
    @usableFromInline mutating func appendOwned(_ buffer: UnsafeRawBufferPointer) {
        if lentCount > 0 {
            owned.reserveCapacity(max(lentCount + buffer.count, 2 * lentCount))
            unsafe owned.append(contentsOf: lent[..<lentCount])
            lentCount = 0
        }
        unsafe lent = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        unsafe owned.append(contentsOf: buffer)
    }
}
