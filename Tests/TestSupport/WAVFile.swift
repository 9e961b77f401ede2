// Audio files made by the tests themselves.

internal import Basics

/// The bytes of a WAV file of 16-bit samples.
///
/// - Parameter value: the sample of a frame and channel.
package func wavFile(
    rate: Int, channels: Int, frames: Int, _ value: (_ frame: Int, _ channel: Int) -> Int16
) -> [UInt8] {
    var writer = ByteWriter()
    let byteCount = frames * channels * 2
    writer.append(contentsOf: "RIFF".utf8)
    writer.append(UInt32(36 + byteCount))
    writer.append(contentsOf: "WAVEfmt ".utf8)
    writer.append(UInt32(16))
    writer.append(UInt16(1))
    writer.append(UInt16(channels))
    writer.append(UInt32(rate))
    writer.append(UInt32(rate * channels * 2))
    writer.append(UInt16(channels * 2))
    writer.append(UInt16(16))
    writer.append(contentsOf: "data".utf8)
    writer.append(UInt32(byteCount))
    for frame in 0..<frames {
        for channel in 0..<channels { writer.append(value(frame, channel)) }
    }
    return writer.bytes
}
