// The paths of an archive's entries: which are refused, and which are the same.

internal import Basics

/// The rules for names of entries. They look at bytes and scalars, never at characters: a slash
/// with an accent is a character of its own, but a slash to every file system.
enum ZipName {
    private static let slash = UInt8(ascii: "/")

    /// Why a path must not be in an archive; `nil` when it may.
    ///
    /// Nothing of an archive is ever written under its own name, but what one tool keeps inside its
    /// folder and another puts outside of it is no archive to trust.
    static func objection(to path: String) -> String? {
        if path.isEmpty { return "it is empty" }
        if path.utf8.count > Limits.archiveNameByteCountMax {
            return "it is longer than \(Limits.archiveNameByteCountMax) bytes"
        }
        for scalar in path.unicodeScalars {
            if scalar == "\\" { return "it contains a backslash" }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                return "it contains a control character"
            default: break
            }
        }
        let bytes = path.utf8
        if bytes.first == slash { return "it is absolute" }
        let start = bytes.prefix(2)
        if start.count == 2, start.last == UInt8(ascii: ":"),
            let letter = start.first, isASCIILetter(letter)
        {
            return "it begins with a drive letter"
        }
        // One empty component at the end marks a folder.
        for component in bytes.dropLast(isFolder(path) ? 1 : 0).split(
            separator: slash, omittingEmptySubsequences: false)
        {
            if component.isEmpty { return "a part of it is empty" }
            if component.elementsEqual(".".utf8) { return "it contains “.”" }
            if component.elementsEqual("..".utf8) { return "it contains “..”" }
        }
        return nil
    }

    /// Whether a path is that of a folder.
    static func isFolder(_ path: String) -> Bool { path.utf8.last == slash }

    /// What two paths share when some file system takes them for one: case, normalisation and the
    /// mark of a folder don't count. Compare as strings, which are equal when canonically
    /// equivalent.
    static func folded(_ path: String) -> String {
        let name = isFolder(path) ? String(path.unicodeScalars.dropLast()) : path
        // Upper case first: it makes “SS” of “ß”, and of long and final s what they stand for.
        return name.utf8.allSatisfy { $0 < 0x80 }
            ? name.lowercased() : name.uppercased().lowercased()
    }

    /// Whether a path is what operating systems put into archives by themselves.
    static func isIgnorable(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: slash)
        guard let first = parts.first, let last = parts.last else { return true }
        let name = String(decoding: last, as: UTF8.self).lowercased()
        return first.elementsEqual("__MACOSX".utf8) || name.hasPrefix("._")
            || [".", "desktop.ini", ".ds_store", "thumbs.db"].contains(name)
    }

    /// A name of an archive that does not say it is UTF-8: UTF-8 if it can be, else code page 437.
    static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = String.UnicodeScalarView()
        for byte in bytes {
            text.append(
                byte < 0x80 ? Unicode.Scalar(byte) : codePage437[Int(byte) - 0x80])
        }
        return String(text)
    }

    /// The path as messages have it: on one line, and not too long.
    static func quoted(_ path: String) -> String {
        var shown = ""
        for scalar in path.unicodeScalars.prefix(120) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                shown += scalar.escaped(asASCII: true)
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return "“\(shown)\(path.unicodeScalars.count > 120 ? "…" : "")”"
    }

    private static func isASCIILetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// The upper half of IBM's code page 437.
    private static let codePage437 = Array(
        """
        ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌\
        █▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}
        """.unicodeScalars)
}
