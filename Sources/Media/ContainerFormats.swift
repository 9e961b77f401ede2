// The container formats that are read, and what they are called outside libav.
//
// A list, because libav also guesses at text, subtitles, playlists that name other files, and raw
// streams that random bytes resemble. To read one more format, add a line.

/// A container format as libavformat names it.
struct ContainerFormat: Sendable {
    /// One of the comma-separated names of libav's demuxer.
    let name: String
    /// Whether it holds one still or animated picture.
    var isImage = false
    let videoType: String
    let videoExtension: String
    let audioType: String
    let audioExtension: String
    /// Whether a broken frame at either end is usual, tags and cuts being part of the format.
    var isRawStream = false

    private static func image(
        _ name: String, _ type: String, _ fileExtension: String
    ) -> ContainerFormat {
        ContainerFormat(
            name: name, isImage: true, videoType: type, videoExtension: fileExtension,
            audioType: type, audioExtension: fileExtension)
    }

    private static func audio(
        _ name: String, _ type: String, _ fileExtension: String, isRawStream: Bool = false
    ) -> ContainerFormat {
        ContainerFormat(
            name: name, videoType: type, videoExtension: fileExtension, audioType: type,
            audioExtension: fileExtension, isRawStream: isRawStream)
    }

    private static func video(
        _ name: String, _ video: String, _ videoExtension: String, _ audio: String,
        _ audioExtension: String
    ) -> ContainerFormat {
        ContainerFormat(
            name: name, videoType: video, videoExtension: videoExtension, audioType: audio,
            audioExtension: audioExtension)
    }

    static let all: [ContainerFormat] = [
        image("jpeg_pipe", "image/jpeg", "jpg"),
        image("png_pipe", "image/png", "png"),
        image("apng", "image/apng", "png"),
        image("webp_pipe", "image/webp", "webp"),
        image("gif", "image/gif", "gif"),
        image("bmp_pipe", "image/bmp", "bmp"),
        image("tiff_pipe", "image/tiff", "tiff"),
        image("jpegxl_pipe", "image/jxl", "jxl"),
        image("j2k_pipe", "image/jp2", "jp2"),
        image("qoi_pipe", "image/qoi", "qoi"),
        image("psd_pipe", "image/vnd.adobe.photoshop", "psd"),
        image("pbm_pipe", "image/x-portable-bitmap", "pbm"),
        image("pgm_pipe", "image/x-portable-graymap", "pgm"),
        image("ppm_pipe", "image/x-portable-pixmap", "ppm"),
        // Only recognised when a comment follows its first line.
        image("pam_pipe", "image/x-portable-arbitrarymap", "pam"),
        image("exr_pipe", "image/x-exr", "exr"),
        video("mov", "video/mp4", "mp4", "audio/mp4", "m4a"),
        video("matroska", "video/x-matroska", "mkv", "audio/x-matroska", "mka"),
        video("ogg", "video/ogg", "ogv", "audio/ogg", "ogg"),
        video("avi", "video/x-msvideo", "avi", "video/x-msvideo", "avi"),
        video("asf", "video/x-ms-wmv", "wmv", "audio/x-ms-wma", "wma"),
        video("flv", "video/x-flv", "flv", "video/x-flv", "flv"),
        video("mpegts", "video/mp2t", "ts", "video/mp2t", "ts"),
        video("mpeg", "video/mpeg", "mpg", "video/mpeg", "mpg"),
        video("yuv4mpegpipe", "video/x-yuv4mpeg", "y4m", "video/x-yuv4mpeg", "y4m"),
        video("ivf", "video/x-ivf", "ivf", "video/x-ivf", "ivf"),
        audio("mp3", "audio/mpeg", "mp3", isRawStream: true),
        audio("aac", "audio/aac", "aac", isRawStream: true),
        audio("ac3", "audio/ac3", "ac3", isRawStream: true),
        audio("eac3", "audio/eac3", "eac3", isRawStream: true),
        audio("wav", "audio/wav", "wav"),
        audio("aiff", "audio/aiff", "aiff"),
        audio("au", "audio/basic", "au"),
        audio("caf", "audio/x-caf", "caf"),
        audio("flac", "audio/flac", "flac"),
        audio("wv", "audio/x-wavpack", "wv"),
        audio("tta", "audio/x-tta", "tta"),
        audio("ape", "audio/x-ape", "ape"),
        audio("amr", "audio/amr", "amr"),
    ]

    /// The format with one of the comma-separated `names` of a demuxer.
    static func named(_ names: String) -> ContainerFormat? {
        for name in names.split(separator: ",") {
            if let format = all.first(where: { $0.name == name }) { return format }
        }
        return nil
    }
}
