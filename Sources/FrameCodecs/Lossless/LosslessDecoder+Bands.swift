// The steps of unpacking: check what the payload says, read the codes, unpack the bands that are
// wanted.

internal import Basics

extension LosslessDecoder {
    /// Where the rows that are unpacked come from and go to.
    private struct Target {
        let shape: LosslessShape
        /// The rows of the whole frame that are wanted.
        let rows: Range<Int>
        let planes: [Frame.Plane]
        let pixels: Lane<UInt8>
        let referencePlanes: [Frame.Plane]
        let reference: Lane<UInt8>?

        /// A row of a group in the frame, or `nil` when it is not wanted.
        func row(_ y: Int, of group: LosslessShape.Group) -> Lane<UInt8>? {
            let plane = planes[group.plane]
            let own = y - (rows.lowerBound >> group.rowShift)
            guard own >= 0, own < plane.rows else { return nil }
            return pixels.moved(to: plane.offset + own * plane.stride)
        }

        func referenceRow(_ y: Int, of group: LosslessShape.Group) -> Lane<UInt8>? {
            guard let reference else { return nil }
            let plane = referencePlanes[group.plane]
            return reference.moved(to: plane.offset + y * plane.stride)
        }
    }

    mutating func unpack(
        _ payload: RawSpan, _ header: LosslessHeader, rows: Range<Int>,
        referencePlanes: [Frame.Plane], reference: Lane<UInt8>?, into frame: inout Frame
    ) throws(AssetError) {
        guard frame.width == header.width, frame.height == rows.count,
            frame.format == header.format
        else {
            throw AssetError(
                .invalidArgument,
                "\(rows.count) rows of \(header.width) pixels, \(header.format), can't be unpacked "
                    + "into a frame of \(frame.width)×\(frame.height) \(frame.format); make one "
                    + "that fits")
        }
        guard header.referenceChecksum == nil || reference != nil else {
            throw AssetError(
                .invalidArgument,
                "the frame was packed with a reference; unpack it with that one")
        }
        let shape = LosslessShape(
            format: header.format, width: header.width, height: header.height,
            bandRows: header.bandRows)
        let isHalved = shape.groups.contains { $0.rowShift == 1 }
        guard rows.lowerBound >= 0, rows.upperBound <= header.height,
            !isHalved
                || rows.lowerBound % 2 == 0
                    && (rows.upperBound % 2 == 0 || rows.upperBound == header.height)
        else {
            throw AssetError(
                .invalidArgument,
                "rows \(rows) are outside the frame's \(header.height), or part a row of chroma; "
                    + "choose others")
        }
        prepare(shape)
        let target = Target(
            shape: shape, rows: rows, planes: frame.planes, pixels: frame.samples,
            referencePlanes: referencePlanes,
            reference: header.referenceChecksum == nil ? nil : reference)
        let problem: String? = unsafe payload.withUnsafeBytes { bytes in
            // The bytes are only read; lanes have no form that can't be written.
            let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)?
                .assumingMemoryBound(to: UInt8.self)
            guard let start = unsafe start else { return "there are no bytes" }
            let lane = unsafe Lane(start: start, bounds: 0..<bytes.count)
            return unpack(lane, header, target)
        }
        if let problem {
            throw AssetError(
                .damaged, "a lossless frame is damaged: \(problem); use an intact copy")
        }
    }

    /// Takes memory for frames of this shape.
    private mutating func prepare(_ wanted: LosslessShape) {
        if shape == wanted { return }
        var (byteCount, laneCount) = GroupWriter.scratchSize(wanted)
        byteCount += Expansions.scratchSize.byteCount
        laneCount += Expansions.scratchSize.laneCount
        for group in wanted.groups {
            let size = DifferenceReader.scratchSize(blockCount: group.blockCount)
            byteCount += size.byteCount * group.trackCount
            laneCount += size.laneCount * group.trackCount
        }
        scratch.reset(byteCount: byteCount, laneCount: laneCount)
        let expansions = Expansions(&scratch)
        writer = GroupWriter(&scratch, shape: wanted)
        readers = []
        for group in wanted.groups {
            for _ in 0..<group.trackCount {
                readers.append(
                    DifferenceReader(
                        &scratch, blockCount: group.blockCount, expansions: expansions))
            }
        }
        shape = wanted
    }

    /// What is wrong, or `nil`.
    private mutating func unpack(
        _ payload: Lane<UInt8>, _ header: LosslessHeader, _ target: Target
    ) -> String? {
        let shape = target.shape
        let tail = LosslessHeader.tailByteCount
        let codesStart = LosslessHeader.byteCount
        let directory = codesStart + header.codesByteCount
        var position = directory + 4 * shape.bandCount
        let end = payload.bounds.upperBound - tail
        guard position <= end else { return "it ends early" }
        var codes = CodeLengthReader((codesStart..<directory).map { payload[$0] })
        for track in readers.indices {
            for (number, alphabet) in SampleClasses.alphabets.enumerated() {
                guard let code = codes.next(alphabet) else { return "its codes make no sense" }
                readers[track].setCode(code, alphabet: number)
            }
        }
        guard codes.isAtEnd else { return "something follows its codes" }
        for band in 0..<shape.bandCount {
            let count = Int(
                UInt32(littleEndian: payload.load(UInt32.self, at: directory + 4 * band)))
            guard count <= end - position else { return "it ends early" }
            let start = band * shape.bandRows
            if start < target.rows.upperBound && start + shape.bandRows > target.rows.lowerBound {
                var cursor = Cursor(payload: payload, position: position, end: position + count)
                for group in shape.groups {
                    let rows = group.rows(bandStart: start, bandRows: shape.bandRows)
                    if let problem = unpack(group, rows, &cursor, target) { return problem }
                }
                guard cursor.remaining == 0 else { return "something follows a band" }
            }
            position += count
        }
        return position == end ? nil : "something follows the last band"
    }

    /// A place in the payload; beyond `end` at least 8 bytes are readable.
    private struct Cursor {
        let payload: Lane<UInt8>
        var position: Int
        let end: Int

        var remaining: Int { end - position }

        mutating func byte() -> UInt8? {
            guard remaining > 0 else { return nil }
            defer { position += 1 }
            return payload[position]
        }

        mutating func count() -> Int? {
            guard remaining >= 4 else { return nil }
            defer { position += 4 }
            let count = Int(UInt32(littleEndian: payload.load(UInt32.self, at: position)))
            return count <= remaining - 4 ? count : nil
        }
    }

    /// How the tracks of a group are stored in the band at hand.
    private struct StoredTrack {
        var mode: TrackMode
        var bytes: Lane<UInt8>
        var count: Int
    }

    private mutating func unpack(
        _ group: LosslessShape.Group, _ rows: Range<Int>, _ cursor: inout Cursor, _ target: Target
    ) -> String? {
        guard let byte = cursor.byte(), let plan = BandPlan(byte: byte) else {
            return "a band is stored in an unknown way"
        }
        if plan.isSameAsReference || plan.isDifference {
            guard target.reference != nil else {
                return "it refers to a frame that it doesn't name"
            }
        }
        if plan.isSameAsReference {
            copy(rows, of: group, target)
            return nil
        }
        var tracks: [StoredTrack] = []
        for index in 0..<group.trackCount {
            guard let byte = cursor.byte(), let mode = TrackMode(rawValue: byte),
                let count = cursor.count()
            else { return "a track ends early or is stored in an unknown way" }
            guard mode != .raw || count == rows.count * group.width else {
                return "a raw track of \(count) bytes"
            }
            guard mode != .constant || count == 1 else { return "a constant of \(count) bytes" }
            let bytes = cursor.payload.moved(to: cursor.position)
            cursor.position += count
            readers[group.firstTrack + index].beginBand(bytes, count: count)
            tracks.append(StoredTrack(mode: mode, bytes: bytes, count: count))
        }
        writer?.begin(group, plan.predictor)
        guard let differences = writer?.differences else { return nil }
        let codedIndexes = tracks.indices.filter { tracks[$0].mode == .coded }
        let coded = codedIndexes.map { group.firstTrack + $0 }
        let codedRows = codedIndexes.map { differences[$0] }
        var finished = rows.lowerBound
        for (number, y) in rows.enumerated() {
            for (index, track) in tracks.enumerated() {
                switch track.mode {
                case .coded: break
                case .raw:
                    differences[index].copy(
                        group.width, of: track.bytes, from: number * group.width, to: 0)
                case .constant:
                    if number == 0 { differences[index].fill(0..<group.paddedWidth, with: 0) }
                    differences[index][0] = number == 0 ? track.bytes[0] : 0
                }
            }
            DifferenceReader.read(&readers, coded, into: codedRows)
            let isEnough = writer?.gather() == true
            guard isEnough || number == rows.count - 1 else { continue }
            let start = finished
            finished = y + 1
            writer?.finish { number, writer in
                guard let row = target.row(start + number, of: group) else { return }
                let reference =
                    plan.isDifference ? target.referenceRow(start + number, of: group) : nil
                writer.write(number, to: row, plus: reference)
            }
        }
        for (index, track) in tracks.enumerated() where track.mode == .coded {
            guard readers[group.firstTrack + index].isAtEnd else {
                return "a track holds more or fewer bits than its rows"
            }
        }
        return nil
    }

    /// Takes rows from the reference.
    private func copy(_ rows: Range<Int>, of group: LosslessShape.Group, _ target: Target) {
        for y in rows {
            guard let row = target.row(y, of: group),
                let other = target.referenceRow(y, of: group)
            else { continue }
            row.copy(group.width * group.trackCount, of: other, from: 0, to: 0)
        }
    }
}
