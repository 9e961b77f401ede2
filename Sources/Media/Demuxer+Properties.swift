// What an open media file says about itself.

internal import Basics
internal import CFFmpeg

extension Demuxer {
    /// The most tags that are read, and the most bytes of one.
    private static var tagCountMax: Int { 256 }
    private static var tagByteCountMax: Int { 16 << 10 }

    /// The file's length as declared or estimated.
    var durationSeconds: Double? {
        let duration = unsafe context.pointee.duration
        guard duration != Libav.noTime, duration > 0 else { return nil }
        return Double(duration) / Double(AV_TIME_BASE)
    }

    /// The container's tags and, where it has none of a name, the streams'. Keys are lowercase.
    var tags: [String: String] {
        var tags: [String: String] = [:]
        unsafe collect(context.pointee.metadata, into: &tags)
        for index in 0..<streamCount {
            guard let stream = unsafe stream(index),
                unsafe stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
            else { continue }
            unsafe collect(stream.pointee.metadata, into: &tags)
        }
        return tags
    }

    /// The corresponding C function is `av_dict_get`.
    private func collect(_ dictionary: OpaquePointer?, into tags: inout [String: String]) {
        var entry: UnsafeMutablePointer<AVDictionaryEntry>? = nil
        while tags.count < Self.tagCountMax {
            unsafe entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX)
            guard let found = unsafe entry else { return }
            guard let name = unsafe found.pointee.key, let text = unsafe found.pointee.value else {
                continue
            }
            let key = unsafe String(cString: name).lowercased()
            let value = unsafe String(cString: text)
            guard key.utf8.count <= Limits.nameByteCountMax,
                value.utf8.count <= Self.tagByteCountMax, tags[key] == nil
            else { continue }
            tags[key] = value
        }
    }
}

/// The MIME type and file name ending of an open file: the container's, refined by its brand.
struct FileType {
    private(set) var mediaType: String
    private(set) var fileExtension: String
    private(set) var isImage: Bool

    init(_ demuxer: Demuxer, hasVideo: Bool) {
        let format = demuxer.format
        mediaType = hasVideo ? format.videoType : format.audioType
        fileExtension = hasVideo ? format.videoExtension : format.audioExtension
        isImage = format.isImage
        switch format.name {
        case "mov": refineByBrand(demuxer.tags["major_brand"] ?? "", hasVideo: hasVideo)
        case "matroska" where Self.isWebM(demuxer):
            mediaType = hasVideo ? "video/webm" : "audio/webm"
            fileExtension = "webm"
        case "mp3" where demuxer.audioCodecIsMP2: fileExtension = "mp2"
        case "ogg" where !hasVideo && demuxer.audioCodecIsOpus: fileExtension = "opus"
        default: break
        }
    }

    private mutating func refineByBrand(_ brand: String, hasVideo: Bool) {
        switch brand {
        case "avif", "avis":
            (mediaType, fileExtension, isImage) = ("image/avif", "avif", brand == "avif")
        case "qt  ":
            (mediaType, fileExtension) = ("video/quicktime", "mov")
        case "" where hasVideo:
            // Files from before brands were invented are QuickTime's.
            (mediaType, fileExtension) = ("video/quicktime", "mov")
        case "M4V ": if hasVideo { (mediaType, fileExtension) = ("video/x-m4v", "m4v") }
        case _ where brand.hasPrefix("3g2"):
            (mediaType, fileExtension) = (hasVideo ? "video/3gpp2" : "audio/3gpp2", "3g2")
        case _ where brand.hasPrefix("3g"):
            (mediaType, fileExtension) = (hasVideo ? "video/3gpp" : "audio/3gpp", "3gp")
        default: break
        }
    }

    /// Whether a Matroska file's DocType element, which stands in the first bytes, says `webm`.
    private static func isWebM(_ demuxer: Demuxer) -> Bool {
        let start: [UInt8]
        do throws(AssetError) {
            start = try demuxer.source.bytes.read(at: 0, count: 256)
        } catch {
            return false
        }
        let docType: [UInt8] = [0x42, 0x82, 0x84] + Array("webm".utf8)
        guard start.count >= docType.count else { return false }
        return (0...(start.count - docType.count)).contains {
            start[$0..<($0 + docType.count)].elementsEqual(docType)
        }
    }
}

extension Demuxer {
    fileprivate var audioCodecIsMP2: Bool { audioCodec == AV_CODEC_ID_MP2 }
    fileprivate var audioCodecIsOpus: Bool { audioCodec == AV_CODEC_ID_OPUS }

    private var audioCodec: AVCodecID? {
        guard let index = firstStream(AVMEDIA_TYPE_AUDIO), let stream = unsafe stream(index) else {
            return nil
        }
        return unsafe stream.pointee.codecpar.pointee.codec_id
    }
}
