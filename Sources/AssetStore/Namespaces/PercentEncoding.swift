// Bytes in URLs: what may not stand there for itself is a “%” and two hexadecimal digits.

internal import Basics

/// Escapes of RFC 3986.
enum PercentEncoding {
    /// The bytes that `text` stands for.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when an escape is none or something stands
    ///   there that has to be escaped; ``AssetError/Code/invalidArgument`` when it is too long.
    static func decode(
        _ text: RawSpan, byteCountMax: Int, subject: String
    ) throws(AssetError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(text.byteCount, byteCountMax))
        var position = 0
        while position < text.byteCount {
            guard bytes.count < byteCountMax else {
                throw AssetError(
                    .invalidArgument,
                    "\(subject) stands for more than the \(byteCountMax) bytes that are taken as "
                        + "text; stream them instead")
            }
            let byte = text.byte(position)
            if byte == UInt8(ascii: "%") {
                guard position + 2 < text.byteCount, let high = digit(text.byte(position + 1)),
                    let low = digit(text.byte(position + 2))
                else {
                    throw AssetError(
                        .inputUnreadable,
                        "\(subject) has a “%” at \(position) without two hexadecimal digits behind "
                            + "it; write %25 for the character itself")
                }
                bytes.append(high << 4 | low)
                position += 3
                continue
            }
            guard (0x21...0x7E).contains(byte), byte != UInt8(ascii: "#") else {
                throw AssetError(
                    .inputUnreadable,
                    "\(subject) has byte \(byte) at \(position), which has to be escaped (as %"
                        + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ")")
            }
            bytes.append(byte)
            position += 1
        }
        return bytes
    }

    static func decode(_ text: [UInt8]) throws(AssetError) -> [UInt8] {
        unsafe try decode(
            text.span.bytes, byteCountMax: text.count, subject: "the data URL's media type")
    }

    /// Whether a byte stands for itself wherever it stands in a data URL's head.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: plainPunctuation.contains(byte)
        }
    }

    private static let plainPunctuation = Set("-._~!$&*+/".utf8)

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension RawSpan {
    fileprivate func byte(_ position: Int) -> UInt8 {
        unsafe unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
    }
}
