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
            if breaksLines(scalar) { return "it contains a control character" }
        }
        let bytes = path.utf8
        if bytes.first == slash { return "it is absolute" }
        let start = bytes.prefix(2)
        if start.count == 2, start.last == UInt8(ascii: ":"),
            let letter = start.first, isASCIILetter(letter)
        {
            return "it begins with a drive letter"
        }
        // The part that is being passed: its bytes, and how many of them are dots. An empty one at
        // the end marks a folder.
        var (count, dotCount) = (0, 0)
        for byte in bytes {
            if byte == slash {
                if let objection = objection(toPartOf: count, dotCount) { return objection }
                (count, dotCount) = (0, 0)
            } else {
                count += 1
                if byte == UInt8(ascii: ".") { dotCount += 1 }
            }
        }
        return count == 0 ? nil : objection(toPartOf: count, dotCount)
    }

    private static func objection(toPartOf count: Int, _ dotCount: Int) -> String? {
        switch (count, dotCount) {
        case (0, _): "a part of it is empty"
        case (1, 1): "it contains “.”"
        case (2, 2): "it contains “..”"
        default: nil
        }
    }

    /// Whether a scalar does something instead of showing something, or ends a line.
    private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
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
            let isInvisible = breaksLines(scalar) || scalar.properties.generalCategory == .format
            if isInvisible {
                shown += scalar.escaped(asASCII: true)
            } else {
                shown.unicodeScalars.append(scalar)
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
