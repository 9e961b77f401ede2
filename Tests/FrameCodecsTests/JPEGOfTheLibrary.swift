// What libjpeg-turbo makes by itself of the same frames and settings is what is made here.

import Basics
import CTurboJPEG
import FrameCodecs
import TestSupport
import Testing

@Suite struct JPEGOfTheLibrary {
    private static let sizes = [(16, 16), (1, 1), (2, 3), (33, 7), (161, 90)]

    private static func frame(_ width: Int, _ height: Int, _ format: PixelFormat) throws -> Frame {
        var random = SeededGenerator(seed: UInt64(width * height))
        var frame = try Frame(width: width, height: height, format: format)
        for plane in 0..<format.planeCount {
            frame.fill(plane: plane) { row, column in
                UInt8(truncatingIfNeeded: row * 3 + column) &+ .random(in: 0...9, using: &random)
            }
        }
        return frame
    }

    @Test(arguments: sizes, [JPEGSubsampling.yuv420, .yuv444])
    func pixelsAreTheSameBytes(_ size: (Int, Int), _ subsampling: JPEGSubsampling) throws {
        let layouts: [(PixelFormat, TJPF)] = [
            (.bgraPremultiplied, TJPF_BGRX), (.bgra, TJPF_BGRX), (.rgba, TJPF_RGBX),
            (.rgbaPremultiplied, TJPF_RGBX), (.rgb, TJPF_RGB), (.grey, TJPF_GRAY),
        ]
        // One encoder and one decoder for everything: what is reused leaves no traces.
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        for (format, layout) in layouts {
            let frame = try Self.frame(size.0, size.1, format)
            let samples =
                format == .grey ? TJSAMP_GRAY : subsampling == .yuv420 ? TJSAMP_420 : TJSAMP_444
            for quality in [1, 85, 100] {
                let ours = try encoder.bytes(
                    of: frame, quality: quality, subsampling: subsampling)
                let theirs = unsafe try library { handle, buffer, byteCount in
                    unsafe frame.withUnsafeBytes { pixels in
                        unsafe tjCompress2(
                            handle, pixels.bindMemory(to: UInt8.self).baseAddress,
                            CInt(size.0), CInt(frame.planes[0].stride), CInt(size.1),
                            CInt(layout.rawValue), &buffer, &byteCount, CInt(samples.rawValue),
                            CInt(quality), TJFLAG_ACCURATEDCT)
                    }
                }
                #expect((ours == theirs) as Bool, "\(format) \(quality)")
                var unpacked = try Frame(width: size.0, height: size.1, format: format)
                try unsafe decoder.decode(ours.span.bytes, into: &unpacked)
                let expected = try pixels(of: ours, format, size)
                let got = unpacked.samples(plane: 0)
                #expect((got == expected) as Bool, "\(format) \(quality)")
            }
        }
    }

    @Test(arguments: sizes) func planesAreTheSameBytes(_ size: (Int, Int)) throws {
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        let frame = try Self.frame(size.0, size.1, .yuv420JPEG)
        let ours = try encoder.bytes(of: frame, quality: 90)
        let theirs = unsafe try library { handle, buffer, byteCount in
            // As the library wants them: an even number of luma columns and rows.
            let (width, height) = (size.0 + size.0 % 2, size.1 + size.1 % 2)
            let luma = frame.samples(plane: 0)
            let planes = [
                (0..<height).flatMap { row in
                    (0..<width).map { column in
                        luma[min(row, size.1 - 1) * size.0 + min(column, size.0 - 1)]
                    }
                },
                frame.samples(plane: 1), frame.samples(plane: 2),
            ]
            let all = planes.flatMap { $0 }
            return unsafe all.withUnsafeBufferPointer { all in
                let start = all.baseAddress
                var sources = unsafe [
                    start, start?.advanced(by: planes[0].count),
                    start?.advanced(by: planes[0].count + planes[1].count),
                ]
                return unsafe tjCompressFromYUVPlanes(
                    handle, &sources, CInt(size.0), nil, CInt(size.1),
                    CInt(TJSAMP_420.rawValue), &buffer, &byteCount, 90, TJFLAG_ACCURATEDCT)
            }
        }
        #expect((ours == theirs) as Bool)
        // And back: planes that were planes lose only what quantizing takes.
        var back = try Frame(width: size.0, height: size.1, format: .yuv420JPEG)
        try unsafe decoder.decode(ours.span.bytes, into: &back)
        for plane in 0..<3 {
            let pairs = zip(back.samples(plane: plane), frame.samples(plane: plane))
            let worst = pairs.map { abs(Int($0) - Int($1)) }.max() ?? 0
            #expect(size.0 * size.1 > 64 || worst <= 24)
        }
    }

    /// Whatever lies behind rows and planes, the bytes are the same.
    @Test func paddingIsNotSeen() throws {
        var encoder = try JPEGEncoder()
        for format in [PixelFormat.yuv420JPEG, .rgb, .bgraPremultiplied, .grey] {
            let frame = try Self.frame(35, 17, format)
            var padded = try Frame(width: 35, height: 17, format: format)
            unsafe padded.withUnsafeMutableBytes { memory in
                for place in memory.indices { unsafe memory[place] = 0xEE }
            }
            padded.copyRows(from: frame)
            let (left, right) = (
                try encoder.bytes(of: frame, quality: 80),
                try encoder.bytes(of: padded, quality: 80)
            )
            #expect((left == right) as Bool, "\(format)")
        }
    }

    private func library(
        _ body: (tjhandle, inout UnsafeMutablePointer<UInt8>?, inout UInt) throws -> CInt
    ) throws -> [UInt8] {
        guard let handle = unsafe tjInitCompress() else { return [] }
        var buffer: UnsafeMutablePointer<UInt8>?
        var byteCount: UInt = 0
        let status = try unsafe body(handle, &buffer, &byteCount)
        defer {
            unsafe tjFree(buffer)
            _ = unsafe tjDestroy(handle)
        }
        #expect(status == 0)
        return unsafe Array(UnsafeBufferPointer(start: buffer, count: Int(byteCount)))
    }

    private func pixels(
        of bytes: [UInt8], _ format: PixelFormat, _ size: (Int, Int)
    ) throws -> [UInt8] {
        let layouts: [PixelFormat: TJPF] = [
            .bgraPremultiplied: TJPF_BGRA, .bgra: TJPF_BGRA, .rgba: TJPF_RGBA,
            .rgbaPremultiplied: TJPF_RGBA, .rgb: TJPF_RGB, .grey: TJPF_GRAY,
        ]
        let layout = try #require(layouts[format])
        let pixelByteCount = format == .grey ? 1 : format == .rgb ? 3 : 4
        guard let handle = unsafe tjInitDecompress() else { return [] }
        defer { _ = unsafe tjDestroy(handle) }
        var pixels = [UInt8](repeating: 0, count: size.0 * size.1 * pixelByteCount)
        let status = unsafe tjDecompress2(
            handle, bytes, UInt(bytes.count), &pixels, CInt(size.0), 0, CInt(size.1),
            CInt(layout.rawValue), TJFLAG_ACCURATEDCT)
        #expect(status == 0)
        return pixels
    }
}
