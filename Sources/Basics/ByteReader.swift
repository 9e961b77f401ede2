// Reads records that may be damaged: every access is checked, and what doesn't fit is a typed
// error, never a trap.

/// A bounds-checked reader over borrowed bytes, the counterpart of ``ByteWriter``.
///
/// It exists only inside the closure of ``read(_:subject:_:)``, so it can't outlive the bytes. All
/// reading throws ``AssetError/Code/damaged`` when the bytes end early or contradict themselves;
/// the message names the subject.
@safe package struct ByteReader: ~Copyable {
    private let bytes: UnsafeRawBufferPointer
    private let subject: StaticString
    package private(set) var offset = 0

    private init(_ bytes: UnsafeRawBufferPointer, subject: StaticString) {
        unsafe self.bytes = bytes
        self.subject = subject
    }

    /// Runs `body` with a reader over `bytes`.
    package static func read<Result, Failure: Error>(
        _ bytes: RawSpan, subject: StaticString,
        _ body: (inout ByteReader) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe bytes.withUnsafeBytes { (buffer) throws(Failure) -> Result in
            var reader = unsafe ByteReader(buffer, subject: subject)
            return try body(&reader)
        }
    }

    package var remaining: Int { unsafe bytes.count - offset }

    package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type = T.self
    ) throws(AssetError) -> T {
        try T(littleEndian: raw(type))
    }

    package mutating func bigEndianInteger<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type = T.self
    ) throws(AssetError) -> T {
        try T(bigEndian: raw(type))
    }

    package mutating func double() throws(AssetError) -> Double {
        Double(bitPattern: try integer())
    }

    package mutating func string() throws(AssetError) -> String {
        let count = Int(try integer(UInt32.self))
        let utf8 = try array(count: count)
        guard let string = String(validating: utf8, as: UTF8.self) else {
            throw damaged("text that is not UTF-8")
        }
        return string
    }

    package mutating func array(count: Int) throws(AssetError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw damaged("it ends early") }
        defer { offset += count }
        return unsafe Array(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
    }

    /// Lends the next `count` bytes to `body` without copying them.
    package mutating func withBytes<Result>(
        count: Int, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard count >= 0, count <= remaining else { throw damaged("it ends early") }
        defer { offset += count }
        return try body(
            unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]).bytes)
    }

    package mutating func optional<Value>(
        _ read: (inout ByteReader) throws(AssetError) -> Value
    ) throws(AssetError) -> Value? {
        switch try integer(UInt8.self) {
        case 0: return nil
        case 1: return try read(&self)
        default: throw damaged("a presence flag is neither 0 nor 1")
        }
    }

    /// Asserts that everything was read.
    package func finish() throws(AssetError) {
        guard remaining == 0 else { throw damaged("\(remaining) bytes follow its end") }
    }

    package func damaged(_ reason: String) -> AssetError {
        AssetError(.damaged, "\(subject) is damaged: \(reason)")
    }

    private mutating func raw<T: BitwiseCopyable>(_ type: T.Type) throws(AssetError) -> T {
        guard MemoryLayout<T>.size <= remaining else { throw damaged("it ends early") }
        defer { offset += MemoryLayout<T>.size }
        return unsafe bytes.loadUnaligned(fromByteOffset: offset, as: type)
    }
}
