// The numbers of the zip format (PKWARE's APPNOTE.TXT), as far as archives here have them.
// Everything is little-endian.
//
// A local header stands before each entry's bytes:
//
//   OFFSET  SIZE  MEANING
//   0       4     signature
//   4       2     version needed
//   6       2     flags
//   8       2     method
//   10      4     time and date as MS-DOS has them
//   14      4     CRC-32 of the content
//   18      4     stored bytes, or 0xFFFFFFFF: see the zip64 field
//   22      4     bytes of the content, or 0xFFFFFFFF: see the zip64 field
//   26      2     n, the bytes of the name
//   28      2     m, the bytes of the extra fields
//   30      n     name
//   30 + n  m     extra fields
//
// The directory at the end has a record for each entry:
//
//   OFFSET  SIZE  MEANING
//   0       4     signature
//   4       2     version and system of the maker
//   6       26    as a local header from its offset 4 to 30
//   32      2     k, the bytes of the comment
//   34      2     disk that the entry begins on, or 0xFFFF
//   36      2     internal attributes
//   38      4     external attributes; the upper half is a Unix mode
//   42      4     offset of the local header, or 0xFFFFFFFF
//   46      n     name
//   …       m     extra fields
//   …       k     comment

internal import Basics

enum ZipSignature {
    static let localHeader: UInt32 = 0x0403_4B50
    static let dataDescriptor: UInt32 = 0x0807_4B50
    static let directoryRecord: UInt32 = 0x0201_4B50
    static let zip64End: UInt32 = 0x0606_4B50
    static let zip64Locator: UInt32 = 0x0706_4B50
    static let end: UInt32 = 0x0605_4B50
}

/// The fixed sizes of headers and records, in bytes.
enum ZipSize {
    static let localHeader = 30
    static let directoryRecord = 46
    static let zip64End = 56
    static let zip64Locator = 20
    static let end = 22
}

/// What a 16- or 32-bit field holds when the number stands in a zip64 field.
enum ZipSaturated {
    static let short: UInt16 = 0xFFFF
    static let long: UInt32 = 0xFFFF_FFFF
}

/// The flags of an entry.
struct ZipFlags: OptionSet, Sendable {
    let rawValue: UInt16

    static let encrypted = ZipFlags(rawValue: 1 << 0)
    /// CRC and sizes follow the bytes; the local header may not have them.
    static let dataDescriptor = ZipFlags(rawValue: 1 << 3)
    static let patch = ZipFlags(rawValue: 1 << 5)
    static let stronglyEncrypted = ZipFlags(rawValue: 1 << 6)
    static let utf8Name = ZipFlags(rawValue: 1 << 11)
    static let maskedHeader = ZipFlags(rawValue: 1 << 13)

    /// Flags on which a local header and the directory must agree.
    static let decisive: ZipFlags = [
        .encrypted, .dataDescriptor, .patch, .stronglyEncrypted, .utf8Name, .maskedHeader,
    ]
}

/// How an entry's bytes are stored. The numbers are the format's.
package enum ZipMethod: UInt16, Sendable {
    case stored = 0
    case deflated = 8

    /// The most bytes that deflate makes of one: a match of 258 bytes in two bits.
    static let expansionMax = 1032

    /// What a method that is not read here is called.
    static func name(_ number: UInt16) -> String {
        switch number {
        case 9: "Deflate64"
        case 12: "bzip2"
        case 14: "LZMA"
        case 93: "zstd"
        case 95: "xz"
        case 98: "PPMd"
        case 99: "AES encryption"
        default: "method \(number)"
        }
    }
}

/// The kinds of extra fields that matter here.
enum ZipExtra {
    static let zip64: UInt16 = 0x0001
    /// Info-ZIP's “extended timestamp”, in seconds since 1970.
    static let time: UInt16 = 0x5455
    /// Info-ZIP's name in UTF-8, for archives whose names are in an older encoding.
    static let unicodePath: UInt16 = 0x7075
}
