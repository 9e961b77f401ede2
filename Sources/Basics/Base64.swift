// Bytes as text and back (RFC 4648, section 4), for data URLs and whatever else carries bytes in
// JSON.

/// The base64 encoding of RFC 4648, strictly: the standard alphabet, always padded, no line breaks,
/// and bits that stand for nothing are zero. So every text has one meaning, and all bytes have one
/// text.
package enum Base64 {
    /// The length of the text that `byteCount` bytes become.
    package static func encodedByteCount(of byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

    /// `prefix`, and behind it `bytes` as text.
    ///
    /// - Complexity: O(bytes).
    package static func encode(_ bytes: RawSpan, behind prefix: String = "") -> String {
        let prefixByteCount = prefix.utf8.count
        let capacity = prefixByteCount + encodedByteCount(of: bytes.byteCount)
        return unsafe String(unsafeUninitializedCapacity: capacity) { text in
            _ = unsafe text.initialize(from: prefix.utf8)
            let target = UnsafeMutableRawBufferPointer(
                unsafe UnsafeMutableBufferPointer(rebasing: text[prefixByteCount...]))
            unsafe bytes.withUnsafeBytes { source in
                unsafe pairs.withUnsafeBufferPointer { unsafe encode(source, $0, target) }
            }
            return capacity
        }
    }

    private static func encode(
        _ source: UnsafeRawBufferPointer, _ pairs: UnsafeBufferPointer<UInt16>,
        _ text: UnsafeMutableRawBufferPointer
    ) {
        let whole = source.count - source.count % 3
        var (from, to) = (0, 0)
        while from < whole {
            let triple =
                unsafe UInt32(source[from]) << 16 | UInt32(source[from + 1]) << 8
                | UInt32(source[from + 2])
            unsafe text.storeBytes(of: pairs[Int(triple >> 12)], toByteOffset: to, as: UInt16.self)
            unsafe text.storeBytes(
                of: pairs[Int(triple & 4095)], toByteOffset: to + 2, as: UInt16.self)
            from += 3
            to += 4
        }
        guard whole < source.count else { return }
        let isPair = source.count - whole == 2
        let rest =
            unsafe UInt32(source[whole]) << 16 | (isPair ? UInt32(source[whole + 1]) << 8 : 0)
        unsafe text.storeBytes(of: pairs[Int(rest >> 12)], toByteOffset: to, as: UInt16.self)
        unsafe text[to + 2] = isPair ? digits[Int(rest >> 6 & 63)] : padding
        unsafe text[to + 3] = padding
    }

    /// The bytes that `text` stands for.
    ///
    /// - Parameters:
    ///   - byteCountMax: the most bytes it may stand for; checked before memory is taken.
    ///   - subject: what the text is, for messages.
    /// - Throws: ``AssetError/Code/inputUnreadable`` when it is no base64, naming the place;
    ///   ``AssetError/Code/invalidArgument`` when it is too long.
    /// - Complexity: O(text).
    package static func decode(
        _ text: RawSpan, byteCountMax: Int, subject: String
    ) throws(AssetError) -> [UInt8] {
        let count = text.byteCount
        guard count % 4 == 0 else {
            throw AssetError(
                .inputUnreadable,
                "\(subject) has \(count) characters of base64, which is no multiple of 4: it was "
                    + "cut off, or its padding (=) is missing")
        }
        if count == 0 { return [] }
        let paddingCount = unsafe text.withUnsafeBytes { text in
            unsafe text[count - 1] != padding ? 0 : text[count - 2] != padding ? 1 : 2
        }
        let byteCount = count / 4 * 3 - paddingCount
        guard byteCount <= byteCountMax else {
            throw AssetError(
                .invalidArgument,
                "\(subject) stands for \(byteCount) bytes, more than the \(byteCountMax) that are "
                    + "taken as text; stream them instead")
        }
        var isWhole = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, written in
            isWhole = unsafe text.withUnsafeBytes { text in
                unsafe values.withUnsafeBufferPointer { values in
                    unsafe decode(text, values, bytes, byteCount)
                }
            }
            written = isWhole ? byteCount : 0
        }
        guard isWhole else {
            throw AssetError(.inputUnreadable, "\(subject) \(fault(in: text))")
        }
        return bytes
    }

    /// Decodes all of `text`; says whether it is what it should be.
    private static func decode(
        _ text: UnsafeRawBufferPointer, _ values: UnsafeBufferPointer<UInt32>,
        _ bytes: UnsafeMutableBufferPointer<UInt8>, _ byteCount: Int
    ) -> Bool {
        let whole = byteCount - byteCount % 3
        var (from, to) = (0, 0)
        // Looked at once, at the end: digits have 6 bits, what is none has more.
        var all: UInt32 = 0
        while to < whole {
            let (a, b, c, d) = unsafe (
                values[Int(text[from])], values[Int(text[from + 1])],
                values[Int(text[from + 2])], values[Int(text[from + 3])]
            )
            all |= a | b | c | d
            let triple = a << 18 | b << 12 | c << 6 | d
            unsafe bytes[to] = UInt8(truncatingIfNeeded: triple >> 16)
            unsafe bytes[to + 1] = UInt8(truncatingIfNeeded: triple >> 8)
            unsafe bytes[to + 2] = UInt8(truncatingIfNeeded: triple)
            from += 4
            to += 3
        }
        guard to < byteCount else { return all < 64 }
        let isPair = byteCount - to == 2
        let (a, b) = unsafe (values[Int(text[from])], values[Int(text[from + 1])])
        let c = unsafe isPair ? values[Int(text[from + 2])] : 0
        all |= a | b | c
        guard all < 64, (isPair ? c & 3 : b & 15) == 0 else { return false }
        unsafe bytes[to] = UInt8(truncatingIfNeeded: a << 2 | b >> 4)
        if isPair { unsafe bytes[to + 1] = UInt8(truncatingIfNeeded: b << 4 | c >> 2) }
        return true
    }

    /// What is wrong with text of a right length.
    private static func fault(in text: RawSpan) -> String {
        unsafe text.withUnsafeBytes { text in
            let end = unsafe text.lastIndex { $0 != padding } ?? -1
            for position in 0..<text.count {
                let byte = unsafe text[position]
                let isPadding = byte == padding && position > end && position >= text.count - 2
                if isPadding || values[Int(byte)] < 64 { continue }
                let shown =
                    (0x21...0x7E).contains(byte)
                    ? "“\(Character(Unicode.Scalar(byte)))”" : "byte \(byte)"
                return "is no base64: \(shown) at \(position)"
            }
            return "is no base64 of RFC 4648: its last digit has bits that stand for nothing"
        }
    }

    private static let padding = UInt8(ascii: "=")
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// Two digits for each 12 bits, as they lie in memory.
    private static let pairs: [UInt16] = (0..<4096).map { value in
        UInt16(littleEndian: UInt16(digits[value & 63]) << 8 | UInt16(digits[value >> 6]))
    }
    /// The value of each digit; 64 for what is none.
    private static let values: [UInt32] = {
        var values = [UInt32](repeating: 64, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt32(value) }
        return values
    }()
}
