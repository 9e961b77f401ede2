// Which libav* this is: other versions may encode other bytes.

internal import CFFmpeg

/// The versions of the libraries whose output depends on them: part of what identifies a render.
public let mediaLibraryVersions: [String: String] = {
    func text(_ version: CUnsignedInt) -> String {
        "\(version >> 16).\(version >> 8 & 255).\(version & 255)"
    }
    return [
        "libavcodec": text(avcodec_version()), "libavformat": text(avformat_version()),
        "libswresample": text(swresample_version()),
    ]
}()
