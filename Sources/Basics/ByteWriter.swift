// Builds records. Integers are little-endian in payloads and values, big-endian in keys, where
// byte order is sort order.

/// Appends integers, strings and bytes to a buffer of its own.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 64) { bytes.reserveCapacity(capacity) }

    package var count: Int { bytes.count }

    package mutating func append<T: FixedWidthInteger & Sendable>(_ value: T) {
        appendRaw(value.littleEndian)
    }

    package mutating func appendBigEndian<T: FixedWidthInteger & Sendable>(_ value: T) {
        appendRaw(value.bigEndian)
    }

    package mutating func append(_ value: Double) { append(value.bitPattern) }

    package mutating func append(_ value: RawSpan) {
        unsafe value.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func append(contentsOf value: some Collection<UInt8>) {
        bytes.append(contentsOf: value)
    }

    /// A string as a 32-bit count of UTF-8 bytes and these bytes.
    package mutating func append(_ value: String) {
        append(UInt32(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// A byte that says whether a value follows, then the value.
    package mutating func append<T: FixedWidthInteger & Sendable>(optional value: T?) {
        append(UInt8(value == nil ? 0 : 1))
        if let value { append(value) }
    }

    package mutating func append(optional value: Double?) {
        append(optional: value?.bitPattern)
    }

    package mutating func append(optional value: String?) {
        append(UInt8(value == nil ? 0 : 1))
        if let value { append(value) }
    }

    private mutating func appendRaw<T: FixedWidthInteger>(_ value: T) {
        unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    }
}
