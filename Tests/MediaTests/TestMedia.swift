// Small media made by the tests themselves.

import Basics
import Foundation
import FrameCodecs
import Media
import TestSupport

/// Bytes in memory as a source of media.
struct MemoryBytes: RandomAccessBytes {
    let bytes: [UInt8]
    var subject = "the test's bytes"
    /// Reading from this offset on fails.
    var failsFrom = Int.max

    init(_ bytes: [UInt8]) { self.bytes = bytes }
    init(_ text: String) { bytes = Array(text.utf8) }

    var byteCount: Int { bytes.count }

    func read(
        at offset: Int, into buffer: inout MutableRawSpan
    ) throws(AssetError) -> Int {
        guard offset < failsFrom else { throw AssetError(.damaged, "the test's damage") }
        let count = max(0, min(buffer.byteCount, bytes.count - offset))
        for index in 0..<count {
            buffer.storeBytes(
                of: bytes[offset + index], toByteOffset: index, as: UInt8.self)
        }
        return count
    }
}

enum TestMedia {
    /// The value of a channel at a sample frame: all different, exact in 16 bits.
    static func sample(_ frame: Int, _ channel: Int) -> Int16 {
        Int16(truncatingIfNeeded: (frame * 7 + channel * 1000) % 20_000 - 10_000)
    }

    /// A WAV file of 16-bit samples.
    static func wav(
        rate: Int = 8000, channels: Int = 2, frames: Int,
        _ value: (Int, Int) -> Int16 = sample
    ) -> [UInt8] {
        wavFile(rate: rate, channels: channels, frames: frames, value)
    }

    /// A frame of video with something that moves in it.
    static func videoFrame(_ index: Int, width: Int, height: Int) throws -> Frame {
        var frame = try Frame(width: width, height: height, format: .yuv420BT709)
        let planes = frame.planes
        unsafe frame.withUnsafeMutableBytes { memory in
            for (number, plane) in planes.enumerated() {
                for row in 0..<plane.rows {
                    for column in 0..<plane.rowByteCount {
                        let value = number == 0 ? row * 3 + column * 2 + index * 5 : 110 + index % 9
                        unsafe memory[plane.offset + row * plane.stride + column] =
                            UInt8(16 + value % 200)
                    }
                }
            }
        }
        return frame
    }

    /// The frames of `range` as one segment.
    static func segment(
        _ settings: VideoSettings, _ range: Range<Int>
    ) throws -> EncodedSegment {
        let encoder = try SegmentEncoder(settings)
        var packets: [EncodedPacket] = []
        for index in range {
            let frame = try videoFrame(index, width: settings.width, height: settings.height)
            packets += try encoder.encode(frame, index: index)
        }
        packets += try encoder.finish()
        return EncodedSegment(extradata: encoder.extradata, packets: packets)
    }

    /// A tone as the audio of a video, and its packets.
    static func audio(rate: Int, channels: Int, frames: Int) throws -> MP4Muxer.AudioTrack {
        let encoder = try AudioEncoder(
            sourceRate: rate, sourceChannelCount: channels, frameCount: frames)
        let samples = (0..<(frames * channels)).map { Float(sin(Double($0 / channels) * 0.05)) / 2 }
        var packets = try encoder.encode(samples.span)
        packets += try encoder.finish()
        return MP4Muxer.AudioTrack(
            sampleRate: encoder.sampleRate, channelCount: encoder.channelCount,
            initialPadding: encoder.initialPadding, extradata: encoder.extradata,
            makePackets: { puller(packets) })
    }

    /// Hands out `packets` one by one.
    static func puller(_ packets: [EncodedPacket]) -> PacketPuller {
        var rest = packets[...]
        return { rest.popFirst() }
    }

    /// A video track of `segments`.
    static func video(
        _ settings: VideoSettings, _ segments: [EncodedSegment]
    ) -> MP4Muxer.VideoTrack {
        MP4Muxer.VideoTrack(
            settings: settings, extradata: segments[0].extradata,
            makePackets: { puller(segments.flatMap(\.packets)) })
    }
}

extension AudioDecoder {
    /// All samples of the range.
    func all() throws -> [Float] {
        var samples: [Float] = []
        while let chunk = try next({ span in span.indices.map { span[$0] } }) { samples += chunk }
        return samples
    }
}
