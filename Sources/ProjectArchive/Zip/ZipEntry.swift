// One entry of an archive that is read.

package import Basics

/// An entry of an archive, as its directory has it. Everything in it was checked, but it is the
/// archive's word: content can still turn out not to be what was claimed.
package struct ZipEntry: Sendable, Equatable {
    /// The path in the archive, with slashes; that of a folder ends in one.
    package var path: String
    package var isFolder: Bool
    /// The bytes of the content.
    package var byteCount: Int
    /// The bytes it takes in the archive.
    package var storedByteCount: Int
    package var method: ZipMethod
    package var crc32: UInt32
    /// When the content was last changed; MS-DOS times are taken as UTC.
    package var modifiedAt: Timestamp
    /// Whether it is nothing but what operating systems put into archives by themselves, such as
    /// `__MACOSX` and `.DS_Store`.
    package var isIgnorable: Bool { ZipName.isIgnorable(path) }

    /// The name as it stands in the archive.
    var rawName: [UInt8]
    /// The name in UTF-8 that an extra field has, where there is one.
    var unicodeName: [UInt8]?
    var flags: ZipFlags
    /// Where the local header begins.
    var offset: Int
    /// Where its record begins, counted from the directory's start.
    var position: Int
}

/// Makes errors about one archive.
struct ZipSubject: Sendable {
    var path: String

    /// The error for an archive that is not to be trusted or can't be read.
    func refused(_ reason: String) -> AssetError {
        AssetError(.inputUnreadable, "\(path): \(reason)")
    }

    /// The error for an archive that is not to be trusted because of one entry.
    func refused(_ entryPath: String, _ reason: String) -> AssetError {
        refused("\(ZipName.quoted(entryPath)) \(reason)")
    }

    /// Reads a header or record; what goes beyond its end is a reason to refuse the archive.
    func reading<Result>(
        _ bytes: RawSpan, _ body: (inout ByteReader) throws(AssetError) -> Result
    ) throws(AssetError) -> Result {
        do throws(AssetError) {
            return try ByteReader.read(bytes, subject: "the archive's directory", body)
        } catch {
            guard error.code == .damaged else { throw error }
            throw refused(error.message)
        }
    }
}
