import Basics
import FrameCodecs
import TestSupport
import Testing

/// However many threads pack a frame, the payload is the same to the byte.
@Suite struct ParallelPacking {
    @Test(arguments: PixelFormat.allCases)
    func isThatOfOneThread(_ format: PixelFormat) throws {
        var one = LosslessEncoder()
        for threadCount in [1, 2, 3, 7] {
            // One encoder for all sizes: what is reused leaves no traces.
            var many = try ParallelLosslessEncoder(threadCount: threadCount)
            for (width, height) in [(1, 1), (70, 63), (33, 129), (17, 400), (5, 64)] {
                for content in [Content.smooth, .noise] {
                    let frame = try frame(
                        content, format, width: width, height: height, stridePadding: 6)
                    let expected = try one.bytes(of: frame)
                    var payload: [UInt8] = [9]
                    try many.encode(frame, into: &payload)
                    #expect(
                        (payload.dropFirst().elementsEqual(expected)) as Bool,
                        "\(width)×\(height), \(threadCount) threads")
                    #expect(payload.first == 9)
                }
            }
        }
    }

    @Test(arguments: [0, -1, 257]) func needsThreads(_ count: Int) {
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try ParallelLosslessEncoder(threadCount: count)
        }
    }
}
