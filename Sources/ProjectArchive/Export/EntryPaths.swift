// What the entries of an archive are called: names that people recognise, that every file system
// takes, and that programs open by their endings.

internal import AssetStore
internal import Basics

/// Makes the paths of entries. The same project gives the same paths.
enum EntryPaths {
    static func frame(_ index: Int, _ facts: FrameFacts, of job: JobID) -> String {
        // Of the codecs' payloads, only JPEG is a file of its own.
        "frames/\(job)/\(padded(index)).\(facts.codec == 1 ? "jpg" : "frame")"
    }

    static func segment(track: UInt8, index: Int, of job: JobID) -> String {
        "segments/\(job)/\(track)-\(padded(index)).segment"
    }

    /// The path of an asset: its name where that is free, else with a number or its identifier.
    static func asset(
        _ asset: Asset, isTaken: (String) throws(AssetError) -> Bool
    ) throws(AssetError) -> String {
        let (stem, ending) = parts(of: asset)
        let folder = "assets/\(asset.namespace.name)/"
        let plain = folder + stem + ending
        if try !isTaken(plain) { return plain }
        for number in 2...9 {
            let numbered = "\(folder)\(stem)-\(number)\(ending)"
            if try !isTaken(numbered) { return numbered }
        }
        // Of many with one name, not all are tried.
        var unique = "\(folder)\(stem)-\(asset.id)"
        while try isTaken(unique + ending) { unique += "-" }
        return unique + ending
    }

    /// The longest part of a path that comes from a name, in UTF-8 bytes.
    private static let stemByteCountMax = 120

    private static func parts(of asset: Asset) -> (stem: String, ending: String) {
        let name = cleaned(asset.description.name)
        let endings = endings(of: asset.description.mediaType)
        var (stem, ending) = (name, endings.first.map { "." + $0 } ?? "")
        if let dot = name.unicodeScalars.lastIndex(of: "."), dot > name.startIndex {
            let own = String(name.unicodeScalars[dot...].dropFirst())
            // An ending that says what it is, or that nobody knows better.
            if endings.contains(own.lowercased()) || endings.isEmpty {
                (stem, ending) = (String(name.unicodeScalars[..<dot]), "." + own)
            }
        }
        if ending.utf8.count > 16 { (stem, ending) = (stem + ending, "") }
        stem = trimmed(stem)
        if stem.isEmpty { stem = asset.id.description }
        if isReserved(stem) || ZipName.isIgnorable(stem + ending) { stem = "_" + stem }
        return (stem, ending)
    }

    /// A name without what some file system or reader takes for more than a letter.
    private static func cleaned(_ name: String) -> String {
        var cleaned = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
                cleaned.append("_")
            default: cleaned.append("/\\:*?\"<>|".unicodeScalars.contains(scalar) ? "_" : scalar)
            }
        }
        return String(cleaned)
    }

    /// Short enough, and without the dots and spaces at its ends that file systems lose or hide.
    private static func trimmed(_ name: String) -> String {
        var scalars: [Unicode.Scalar] = []
        var byteCount = 0
        for scalar in name.unicodeScalars.drop(while: { $0 == "." || $0 == " " }) {
            byteCount += UTF8.width(scalar)
            if byteCount > stemByteCountMax { break }
            scalars.append(scalar)
        }
        while let last = scalars.last, last == "." || last == " " { scalars.removeLast() }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Whether Windows takes a name for a device.
    private static func isReserved(_ stem: String) -> Bool {
        let name = stem.prefix { $0 != "." }.lowercased()
        if ["con", "prn", "aux", "nul"].contains(name) { return true }
        return name.utf8.count == 4 && (name.hasPrefix("com") || name.hasPrefix("lpt"))
            && name.utf8.last.map { (0x31...0x39).contains($0) } == true
    }

    private static func padded(_ index: Int) -> String {
        let digits = String(index)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// The endings of files of a media type, the usual one first; none for one that is not known.
    private static func endings(of mediaType: String) -> [String] {
        let type = mediaType.split(separator: ";").first.map { $0.lowercased() } ?? ""
        return knownEndings[type] ?? []
    }

    private static let knownEndings: [String: [String]] = [
        "image/png": ["png"], "image/apng": ["png", "apng"], "image/jpeg": ["jpg", "jpeg"],
        "image/webp": ["webp"], "image/gif": ["gif"], "image/avif": ["avif"],
        "image/heic": ["heic", "heif"], "image/heif": ["heif", "heic"], "image/bmp": ["bmp"],
        "image/tiff": ["tif", "tiff"], "image/svg+xml": ["svg"], "image/jxl": ["jxl"],
        "image/x-icon": ["ico"], "image/x-portable-pixmap": ["ppm"],
        "image/x-portable-graymap": ["pgm"], "video/mp4": ["mp4", "m4v"],
        "video/webm": ["webm"], "video/quicktime": ["mov"], "video/matroska": ["mkv"],
        "video/x-matroska": ["mkv"], "video/mpeg": ["mpg", "mpeg"], "video/mp2t": ["ts", "mts"],
        "video/x-msvideo": ["avi"], "video/ogg": ["ogv", "ogg"], "video/x-flv": ["flv"],
        "video/3gpp": ["3gp"], "audio/mpeg": ["mp3"], "audio/mp4": ["m4a", "mp4"],
        "audio/ogg": ["ogg", "oga", "opus"], "audio/opus": ["opus"], "audio/flac": ["flac"],
        "audio/wav": ["wav"], "audio/x-wav": ["wav"], "audio/vnd.wave": ["wav"],
        "audio/aac": ["aac"], "audio/aiff": ["aiff", "aif"], "audio/x-aiff": ["aiff", "aif"],
        "audio/webm": ["weba", "webm"], "audio/matroska": ["mka"], "audio/x-matroska": ["mka"],
        "audio/amr": ["amr"], "application/json": ["json"], "text/plain": ["txt"],
    ]
}
