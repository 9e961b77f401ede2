// Reads records that may be damaged: every access is checked, and what doesn't fit is a typed
// error, never a trap.

/// A bounds-checked reader over borrowed bytes, the counterpart of ``ByteWriter``.
///
/// It exists only inside the closure of ``read(_:subject:_:)``, so it can't outlive the bytes. All
/// reading throws ``AssetError/Code/damaged`` when the bytes end early or contradict themselves;
/// the message names the subject. What is called per field is inlinable, as in ``ByteWriter``.
@safe @usableFromInline package struct ByteReader: ~Copyable {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline let subject: StaticString
    @usableFromInline var position = 0

    @inlinable init(_ bytes: UnsafeRawBufferPointer, subject: StaticString) {
        unsafe self.bytes = bytes
        self.subject = subject
    }

    /// Runs `body` with a reader over `bytes`.
    @inline(__always)
    @inlinable package static func read<Result, Failure: Error>(
        _ bytes: RawSpan, subject: StaticString,
        _ body: (inout ByteReader) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe bytes.withUnsafeBytes { (buffer) throws(Failure) -> Result in
            unsafe try read(buffer, subject: subject, body)
        }
    }

    /// Runs `body` with a reader over `bytes`, which stay where they are meanwhile.
    @inline(__always)
    @unsafe @inlinable package static func read<Result, Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, subject: StaticString,
        _ body: (inout ByteReader) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var reader = unsafe ByteReader(bytes, subject: subject)
        return try body(&reader)
    }

    /// The bytes read so far.
    @inlinable package var offset: Int { position }

    @inlinable package var remaining: Int { unsafe bytes.count - position }

    @inline(__always)
    @inlinable package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type = T.self
    ) throws(AssetError) -> T {
        try T(littleEndian: raw(type))
    }

    @inlinable package mutating func bigEndianInteger<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type = T.self
    ) throws(AssetError) -> T {
        try T(bigEndian: raw(type))
    }

    @inline(__always)
    @inlinable package mutating func double() throws(AssetError) -> Double {
        Double(bitPattern: try integer())
    }

    package mutating func string() throws(AssetError) -> String {
        let count = Int(try integer(UInt32.self))
        guard count <= remaining else { throw endsEarly() }
        if count == 0 { return "" }
        defer { position += count }
        let raw = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        let utf8 = unsafe raw.assumingMemoryBound(to: UInt8.self).span
        if unsafe raw.isASCII {
            return String(copying: unsafe UTF8Span(unchecked: utf8, isKnownASCII: true))
        }
        do {
            return String(copying: try UTF8Span(validating: utf8))
        } catch {
            throw damaged("text that is not UTF-8")
        }
    }

    @usableFromInline package mutating func array(count: Int) throws(AssetError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw endsEarly() }
        defer { position += count }
        return unsafe Array(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
    }

    /// Passes over the next `count` bytes.
    @inlinable package mutating func skip(_ count: Int) throws(AssetError) {
        guard count >= 0, count <= remaining else { throw endsEarly() }
        position += count
    }

    /// Lends the next `count` bytes to `body` without copying them.
    @inlinable package mutating func withBytes<Result>(
        count: Int, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard count >= 0, count <= remaining else { throw endsEarly() }
        defer { position += count }
        return try body(
            unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]).bytes)
    }

    @inline(__always)
    @inlinable package mutating func optional<Value>(
        _ read: (inout ByteReader) throws(AssetError) -> Value
    ) throws(AssetError) -> Value? {
        switch try integer(UInt8.self) {
        case 0: return nil
        case 1: return try read(&self)
        default: throw damaged("a presence flag is neither 0 nor 1")
        }
    }

    /// Asserts that everything was read.
    @inlinable package func finish() throws(AssetError) {
        guard remaining == 0 else { throw trailingBytes() }
    }

    @usableFromInline package func damaged(_ reason: String) -> AssetError {
        AssetError(.damaged, "\(subject) is damaged: \(reason)")
    }

    // Apart from their throwers, so that what is inlined is short.
    @usableFromInline func endsEarly() -> AssetError { damaged("it ends early") }

    @usableFromInline func trailingBytes() -> AssetError {
        damaged("\(remaining) bytes follow its end")
    }

    @inline(__always)
    @inlinable mutating func raw<T: BitwiseCopyable>(_ type: T.Type) throws(AssetError) -> T {
        guard MemoryLayout<T>.size <= remaining else { throw endsEarly() }
        defer { position += MemoryLayout<T>.size }
        return unsafe bytes.loadUnaligned(fromByteOffset: position, as: type)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether no byte has its highest bit set; faster than asking for UTF-8, and mostly so.
    fileprivate var isASCII: Bool {
        var bits: UInt64 = 0
        var offset = 0
        while offset + 8 <= count {
            unsafe bits |= loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < count {
            unsafe bits |= UInt64(self[offset])
            offset += 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }
}
