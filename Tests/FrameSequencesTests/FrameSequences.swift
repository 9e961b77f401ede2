// Sequences of frames go in and come out as they were, in any order, whatever the threads.

import AssetStore
import Basics
import FrameCodecs
import FrameSequences
import Synchronization
import TestSupport
import Testing

/// A store with a job, and frames that tell their index.
struct SequenceFixture {
    let directory: TemporaryDirectory
    let store: Store
    let lease: JobLease

    init() throws {
        directory = try TemporaryDirectory()
        store = try Store.create(at: directory.file("store"))
        let job = try store.submit(
            JobDescription(
                project: "p", kind: "sequence", recipe: "{}", submission: "{}", frameCount: 100,
                retention: .all))
        lease = try store.start(job.id)
    }

    var job: JobID { lease.job }

    static let shape = FrameShape(width: 70, height: 300, format: .bgraPremultiplied)

    /// A picture that is that of `index` alone, the same whenever it is drawn.
    static func draw(_ index: Int, into frame: inout Frame) {
        var random = SeededGenerator(seed: UInt64(index))
        let planes = frame.planes
        unsafe frame.withUnsafeMutableBytes { memory in
            for plane in planes {
                for row in 0..<plane.rows {
                    let noise = UInt8.random(in: 0...40, using: &random)
                    for x in 0..<plane.rowByteCount {
                        unsafe memory[plane.offset + row * plane.stride + x] =
                            UInt8(truncatingIfNeeded: x + row + index) &+ noise
                    }
                }
            }
        }
    }

    static func isFrame(_ frame: borrowing Frame, _ index: Int) throws -> Bool {
        var expected = try Frame(
            width: frame.width, height: frame.height, format: frame.format)
        draw(index, into: &expected)
        return frame.samplesChecksum == expected.samplesChecksum
    }

    func write(
        _ indexes: some Sequence<Int>, _ shape: FrameShape = shape,
        packing: FramePacking = .lossless, threadCount: Int = 2
    ) throws {
        let writer = try FrameSequenceWriter(
            lease, packing: packing, threadCount: threadCount)
        for index in indexes {
            try writer.write(index, shape) { Self.draw(index, into: &$0) }
        }
        try writer.finish()
    }

    func checksums() throws -> [UInt64] {
        var checksums: [UInt64] = []
        try store.forEachFrame(of: job) { frame in
            checksums.append(frame.checksum)
            return true
        }
        return checksums
    }
}

@Suite struct FrameSequences {
    @Test(arguments: [1, 2, 5])
    func comeBackInOrderWithTheirHoles(threadCount: Int) throws {
        let fixture = try SequenceFixture()
        let indexes = (0..<60).filter { $0 % 7 != 3 }
        try fixture.write(indexes.reversed(), threadCount: threadCount)
        #expect(try fixture.store.job(fixture.job)?.frames.count == indexes.count)
        let reader = try FrameSequenceReader(
            fixture.store, fixture.job, threadCount: threadCount)
        var seen: [Int] = []
        while let index = try reader.next({ stored, frame in
            let isTheFrame = try SequenceFixture.isFrame(frame, stored.index)
            #expect(isTheFrame)
            return stored.index
        }) {
            seen.append(index)
        }
        #expect(seen == indexes)
        #expect(try reader.next { stored, _ in stored.index } == nil)
        let part = try FrameSequenceReader(fixture.store, fixture.job, range: 9..<18)
        var found: [Int] = []
        while let index = try part.next({ stored, _ in stored.index }) { found.append(index) }
        #expect(found == [9, 11, 12, 13, 14, 15, 16])
    }

    /// What is stored is the same whoever packs it.
    @Test(arguments: [
        FramePacking.lossless, .jpeg(quality: 90), .jpeg(quality: 70, subsampling: .yuv444),
    ])
    func doNotDependOnTheThreads(_ packing: FramePacking) throws {
        let one = try SequenceFixture()
        try one.write(0..<20, packing: packing, threadCount: 1)
        let many = try SequenceFixture()
        try many.write((0..<20).reversed(), packing: packing, threadCount: 4)
        #expect(try one.checksums() == many.checksums())
    }

    /// More frames than fit into the reader's pages and memory, of two sizes, one of which alone
    /// takes more than may be in memory at once.
    @Test func areReadInBoundedMemory() throws {
        let fixture = try SequenceFixture()
        let small = FrameShape(width: 3, height: 2, format: .grey)
        let large = FrameShape(width: 120, height: 90, format: .rgba16)
        let writer = try FrameSequenceWriter(
            fixture.lease, packing: .lossless, byteCountMax: 50_000)
        for index in 0..<700 {
            try writer.write(index, index % 100 == 5 ? large : small) { frame in
                if index % 100 != 5 { SequenceFixture.draw(index, into: &frame) }
            }
        }
        try writer.finish()
        let reader = try FrameSequenceReader(
            fixture.store, fixture.job, threadCount: 3, byteCountMax: 50_000)
        var count = 0
        while let index = try reader.next({ stored, frame in
            let shape = frame.shape
            #expect(shape == (stored.index % 100 == 5 ? large : small))
            let isTheFrame = try shape == large || SequenceFixture.isFrame(frame, stored.index)
            #expect(isTheFrame)
            return stored.index
        }) {
            #expect(index == count)
            count += 1
        }
        #expect(count == 700)
    }

    @Test func aDamagedFrameIsToldInItsPlace() throws {
        let fixture = try SequenceFixture()
        try fixture.write(0..<3)
        let bytes: [UInt8] = [1, 2, 3]
        let frames = FrameWriter(fixture.lease)
        unsafe try frames.append(
            1, FrameFacts(codec: FrameCodec.jpeg.rawValue, width: 3, height: 3), bytes.span.bytes)
        unsafe try frames.append(
            2, FrameFacts(codec: 99, width: 3, height: 3), bytes.span.bytes)
        try frames.flush()
        let reader = try FrameSequenceReader(fixture.store, fixture.job)
        #expect(try reader.next { stored, _ in stored.index } == 0)
        #expect(throws: AssetError(.damaged, "")) { try reader.next { stored, _ in stored.index } }
        #expect(throws: AssetError(.unsupportedFormat, "")) {
            try reader.next { stored, _ in stored.index }
        }
        #expect(try reader.next { stored, _ in stored.index } == nil)
    }

    @Test func framesInMemoryAreNotCopiedFirst() throws {
        let one = try SequenceFixture()
        try one.write(0..<8)
        let other = try SequenceFixture()
        let writer = try FrameSequenceWriter(other.lease, packing: .lossless, byteCountMax: 1)
        for index in 0..<8 {
            var frame = try Frame(
                width: SequenceFixture.shape.width, height: SequenceFixture.shape.height,
                format: SequenceFixture.shape.format)
            SequenceFixture.draw(index, into: &frame)
            try writer.write(index, SharedFrame(frame))
        }
        try writer.finish()
        #expect(try one.checksums() == other.checksums())
    }

    /// An error of one frame reaches whoever writes the next or finishes; nobody waits forever.
    @Test func errorsReachTheWriter() throws {
        let fixture = try SequenceFixture()
        let wrong = FrameShape(width: 8, height: 8, format: .rgba16)
        let writer = try FrameSequenceWriter(
            fixture.lease, packing: .jpeg(quality: 90), threadCount: 2)
        #expect(throws: AssetError(.invalidArgument, "")) {
            for index in 0..<100 { try writer.write(index, wrong) { _ in } }
            try writer.finish()
        }
        #expect(throws: AssetError(.invalidArgument, "")) { try writer.finish() }
        let other = try FrameSequenceWriter(fixture.lease, packing: .lossless)
        #expect(throws: AssetError(.inputMissing, "")) {
            try other.write(0, SequenceFixture.shape) { _ in
                throw AssetError(.inputMissing, "no picture")
            }
        }
        try other.write(1, SequenceFixture.shape) { SequenceFixture.draw(1, into: &$0) }
        try other.finish()
        #expect(try fixture.store.frame(0, of: fixture.job) == nil)
        #expect(try fixture.store.frame(1, of: fixture.job) != nil)
    }

    @Test func aReaderMayBeLetGoOfAtAnyTime() throws {
        let fixture = try SequenceFixture()
        try fixture.write(0..<30)
        for count in 0..<4 {
            let reader = try FrameSequenceReader(fixture.store, fixture.job, threadCount: 3)
            for _ in 0..<count { _ = try reader.next { _, _ in } }
        }
        #expect(try fixture.store.verify().isIntact)
    }
}

/// A frame that must be there.
private func shared(_ frame: consuming Frame?) throws -> SharedFrame {
    guard let frame else { throw AssetError(.inputMissing, "there is no frame") }
    return SharedFrame(frame)
}

@Suite struct PartsOfFrames {
    @Test(arguments: PixelFormat.allCases)
    func areThePixelsOfTheWhole(_ format: PixelFormat) throws {
        let fixture = try SequenceFixture()
        let shape = FrameShape(width: 71, height: 203, format: format)
        try fixture.write([4], shape)
        var frames = try StoredFrames(fixture.store, fixture.job)
        let isThere = try frames.frame(3) != nil
        #expect(!isThere)
        let whole = try shared(try frames.frame(4))
        let isWhole = try SequenceFixture.isFrame(whole.frame, 4)
        #expect(isWhole)
        for (columns, rows) in [
            (0..<71, 0..<203), (2..<5, 62..<67), (70..<71, 202..<203), (0..<1, 0..<1),
            (10..<60, 128..<192), (4..<71, 64..<203),
        ] {
            let part = try shared(try frames.region(4, columns: columns, rows: rows))
            var expected = try Frame(width: columns.count, height: rows.count, format: format)
            expected.copyRegion(of: whole.frame, column: columns.lowerBound, row: rows.lowerBound)
            let (got, wanted) = (part.frame.samplesChecksum, expected.samplesChecksum)
            #expect(got == wanted, "\(columns) \(rows)")
        }
        for (columns, rows) in [
            (0..<72, 0..<1), (0..<1, 200..<204), (3..<3, 0..<1), (-2..<1, 0..<1),
        ] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                _ = try frames.region(4, columns: columns, rows: rows)
            }
        }
    }
}

@Suite struct ContactSheets {
    @Test func showFramesSpreadOverAll() throws {
        let fixture = try SequenceFixture()
        let writer = try FrameSequenceWriter(fixture.lease, packing: .lossless)
        for index in 0..<10 {
            try writer.write(
                3 * index, FrameShape(width: 32, height: 16, format: .bgraPremultiplied)
            ) { frame in
                unsafe frame.withUnsafeMutableBytes { memory in
                    for place in memory.indices {
                        unsafe memory[place] = place % 4 == 3 ? 255 : UInt8(20 * index)
                    }
                }
            }
        }
        try writer.finish()
        let layout = ContactSheet(columns: 2, rows: 2, thumbnailWidth: 16, gap: 4)
        let sheet = try shared(try layout.draw(fixture.job, of: fixture.store))
        #expect(sheet.frame.width == 4 + 2 * 20 && sheet.frame.height == 4 + 2 * 12)
        let stride = sheet.frame.planes[0].stride
        let places: [(x: Int, y: Int)] = [(12, 8), (32, 8), (12, 20), (32, 20), (2, 2)]
        let values: [Int] = places.map { place in
            let offset = place.y * stride + 4 * place.x
            return sheet.frame.withBytes { memory in
                unsafe Int(memory.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            }
        }
        // The frames at 0, 2, 5 and 7 of 10, and the ground.
        for (got, wanted) in zip(values, [0, 40, 100, 140, 32]) { #expect(abs(got - wanted) <= 3) }
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try ContactSheet(columns: 0).draw(fixture.job, of: fixture.store)
        }
    }

    @Test func thereIsNoneWithoutFrames() throws {
        let fixture = try SequenceFixture()
        let isThere = try ContactSheet().draw(fixture.job, of: fixture.store) != nil
        #expect(!isThere)
    }
}
