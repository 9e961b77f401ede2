// The steps of packing: look at some rows, decide, make codes, pack band by band.

internal import Basics

extension LosslessEncoder {
    /// The frame at hand and its reference.
    struct Source: @unchecked Sendable {
        // @unchecked: the samples are only read.

        let shape: LosslessShape
        let planes: [Frame.Plane]
        let pixels: Lane<UInt8>
        /// The reference's planes may have other strides.
        let referencePlanes: [Frame.Plane]
        let reference: Lane<UInt8>?

        func row(_ y: Int, of group: LosslessShape.Group) -> Lane<UInt8> {
            let plane = planes[group.plane]
            return pixels.moved(to: plane.offset + y * plane.stride)
        }

        func referenceRow(_ y: Int, of group: LosslessShape.Group) -> Lane<UInt8>? {
            guard let reference else { return nil }
            let plane = referencePlanes[group.plane]
            return reference.moved(to: plane.offset + y * plane.stride)
        }
    }

    mutating func encode(
        _ frame: borrowing Frame, referencePlanes: [Frame.Plane], reference: Lane<UInt8>?,
        checksum: UInt64?, into output: inout [UInt8]
    ) throws(AssetError) {
        let source = source(frame, referencePlanes, reference)
        let plans = survey(source, bands: 0..<source.shape.bandCount)
        let start = output.count
        let directory = begin(
            &output, source.shape, codes: makeCodes(source.shape, plans), checksum)
        for band in 0..<source.shape.bandCount {
            let bandStart = output.count
            pack(band, as: plans, source, &output)
            writeCount(output.count - bandStart, into: &output, at: directory + 4 * band)
        }
        try end(&output, from: start, source.shape)
    }

    /// The frame at hand, for which memory is taken.
    mutating func source(
        _ frame: borrowing Frame, _ referencePlanes: [Frame.Plane], _ reference: Lane<UInt8>?
    ) -> Source {
        Source(
            shape: prepare(frame), planes: frame.planes, pixels: frame.samples,
            referencePlanes: referencePlanes, reference: reference)
    }

    /// Appends what comes before the bands and returns where their directory begins.
    func begin(
        _ output: inout [UInt8], _ shape: LosslessShape, codes: [UInt8], _ checksum: UInt64?
    ) -> Int {
        let header = LosslessHeader(
            width: shape.width, height: shape.height, format: shape.format,
            bandRows: shape.bandRows, referenceChecksum: checksum, codesByteCount: codes.count)
        output.append(contentsOf: header.bytes)
        output.append(contentsOf: codes)
        let directory = output.count
        output.append(contentsOf: repeatElement(0, count: 4 * shape.bandCount))
        return directory
    }

    /// Appends what comes behind the bands.
    func end(
        _ output: inout [UInt8], from start: Int, _ shape: LosslessShape
    ) throws(AssetError) {
        output.append(contentsOf: repeatElement(0, count: LosslessHeader.tailByteCount))
        guard output.count - start <= Limits.recordByteCountMax else {
            output.removeLast(output.count - start)
            throw AssetError(
                .invalidArgument,
                "a frame of \(shape.width)×\(shape.height) pixels takes more than "
                    + "\(Limits.recordByteCountMax) bytes; store it in parts")
        }
    }

    /// Appends a band.
    mutating func pack(
        _ band: Int, as plans: [BandPlan], _ source: Source, _ output: inout [UInt8]
    ) {
        let groups = source.shape.groups
        for (number, group) in groups.enumerated() {
            pack(group, of: band, as: plans[band * groups.count + number], source, &output)
        }
    }

    /// Takes memory for frames of this shape.
    private mutating func prepare(_ frame: borrowing Frame) -> LosslessShape {
        let wanted = LosslessShape(
            format: frame.format, width: frame.width, height: frame.height,
            bandRows: Self.bandRows)
        if shape == wanted { return wanted }
        var (byteCount, laneCount) = GroupReader.scratchSize(wanted)
        for group in wanted.groups {
            let size = DifferenceWriter.scratchSize(
                blockCount: group.blockCount, rows: min(wanted.bandRows, group.rows))
            byteCount += size.byteCount * group.trackCount
            laneCount += size.laneCount * group.trackCount
        }
        scratch.reset(byteCount: byteCount, laneCount: laneCount)
        reader = GroupReader(&scratch, shape: wanted)
        writers = []
        for group in wanted.groups {
            for _ in 0..<group.trackCount {
                writers.append(
                    DifferenceWriter(
                        &scratch, blockCount: group.blockCount,
                        rows: min(wanted.bandRows, group.rows)))
            }
        }
        shape = wanted
        return wanted
    }

    func writeCount(_ count: Int, into output: inout [UInt8], at position: Int) {
        for byte in 0..<4 {
            output[position + byte] = UInt8(truncatingIfNeeded: count >> (8 * byte))
        }
    }

    // MARK: Looking

    /// Decides how each group of some bands is packed, and counts the symbols of the rows looked at.
    mutating func survey(_ source: Source, bands: Range<Int>) -> [BandPlan] {
        for index in writers.indices { writers[index].resetCounts() }
        let shape = source.shape
        let survey = Survey(shape)
        var plans: [BandPlan] = []
        for band in bands {
            for group in shape.groups {
                let rows = group.rows(bandStart: band * shape.bandRows, bandRows: shape.bandRows)
                if isSame(rows, of: group, source) {
                    plans.append(BandPlan(isSameAsReference: true))
                    continue
                }
                let constants = constants(rows, of: group, source)
                let plan = cheapestPlan(rows, of: group, source, survey, constants)
                plans.append(plan)
                for track in 0..<group.trackCount { writers[group.firstTrack + track].beginBand() }
                forEachRow(of: rows, group, source, plan, survey) { encoder, offset in
                    encoder.count(group, plan, knowsAbove: survey.knowsAbove(offset))
                }
            }
        }
        return plans
    }

    /// Whether the rows are those of the reference.
    private func isSame(_ rows: Range<Int>, of group: LosslessShape.Group, _ source: Source) -> Bool
    {
        let count = group.width * group.trackCount
        for y in rows {
            guard let other = source.referenceRow(y, of: group) else { return false }
            guard source.row(y, of: group).isEqual(to: other, count: count) else { return false }
        }
        return source.reference != nil
    }

    /// The first differences of channels whose samples are the same in all rows, by track.
    private mutating func constants(
        _ rows: Range<Int>, of group: LosslessShape.Group, _ source: Source
    ) -> [UInt8?] {
        let first = source.row(rows.lowerBound, of: group)
        let pixelByteCount = group.trackCount
        let vectorCount = pixelByteCount == 3 ? 3 : 1
        let pattern = (0..<vectorCount).map { part in
            var vector = SIMD16<UInt8>()
            for index in 0..<blockLength {
                vector[index] = first[(part * blockLength + index) % pixelByteCount]
            }
            return vector
        }
        var changes = [SIMD16<UInt8>](repeating: .zero, count: vectorCount)
        var isChanged = [Bool](repeating: false, count: pixelByteCount)
        for y in rows where isChanged.contains(false) {
            ChannelRows.noteChanges(
                source.row(y, of: group), from: pattern, in: &changes,
                byteCount: group.width * pixelByteCount)
            for index in 0..<vectorCount * blockLength
            where changes[index / blockLength][index % blockLength] != 0 {
                isChanged[index % pixelByteCount] = true
            }
        }
        let size = group.sampleByteCount
        // Red and blue are told from green, so they are constant only together with it.
        let isConstant = (0..<group.channelCount).map { channel in
            (0..<size).allSatisfy { byte in
                !isChanged[channel * size + byte]
                    && (group.channelCount == 1 || channel % 2 == 1 || !isChanged[size + byte])
            }
        }
        guard isConstant.contains(true) else { return [] }
        reader?.begin(group)
        reader?.read(first, minus: nil)
        guard let reader else { return [] }
        return (0..<group.trackCount).map { track in
            guard isConstant[track / size] else { return nil }
            reader.predict(channel: track / size, by: .left)
            return reader.differences[track][0]
        }
    }

    /// Of the ways to predict the rows looked at, the one that seems to take the fewest bits.
    private mutating func cheapestPlan(
        _ rows: Range<Int>, of group: LosslessShape.Group, _ source: Source, _ survey: Survey,
        _ constants: [UInt8?]
    ) -> BandPlan {
        var candidates: [BandPlan] = [
            BandPlan(predictor: .gradient, isDifference: false),
            BandPlan(predictor: .median, isDifference: false),
        ]
        if source.reference != nil {
            candidates.append(BandPlan(predictor: .none, isDifference: true))
            candidates.append(BandPlan(predictor: .gradient, isDifference: true))
        }
        for number in candidates.indices where !candidates[number].isDifference {
            candidates[number].constants = constants
        }
        var costs = [Int](repeating: 0, count: candidates.count)
        for isDifference in [false, true] {
            let numbers = candidates.indices.filter {
                candidates[$0].isDifference == isDifference
            }
            guard let first = numbers.first else { continue }
            forEachRow(of: rows, group, source, candidates[first], survey) { encoder, _ in
                for number in numbers {
                    costs[number] += encoder.cost(group, candidates[number])
                }
            }
        }
        var best = 0
        for number in candidates.indices where costs[number] < costs[best] { best = number }
        return candidates[best]
    }

    /// Reads the rows that are looked at, each with the one above it.
    private mutating func forEachRow(
        of rows: Range<Int>, _ group: LosslessShape.Group, _ source: Source, _ plan: BandPlan,
        _ survey: Survey, _ body: (inout LosslessEncoder, _ offset: Int) -> Void
    ) {
        reader?.begin(group)
        var last = rows.lowerBound - 1
        for y in rows where survey.includes(y - rows.lowerBound) {
            for needed in max(rows.lowerBound, y - 1)...y where needed > last {
                read(needed, of: group, source, plan)
                last = needed
            }
            body(&self, y - rows.lowerBound)
        }
    }

    private mutating func read(
        _ y: Int, of group: LosslessShape.Group, _ source: Source, _ plan: BandPlan
    ) {
        reader?.read(
            source.row(y, of: group),
            minus: plan.isDifference ? source.referenceRow(y, of: group) : nil,
            wantsAlpha: !plan.isConstant(group.trackCount - 1))
    }

    /// About how many bits the row at hand takes.
    private mutating func cost(_ group: LosslessShape.Group, _ plan: BandPlan) -> Int {
        var cost = 0
        forEachTrack(of: group, plan) { writer, differences in
            cost += writer.classify(differences)
        }
        return cost
    }

    private mutating func count(
        _ group: LosslessShape.Group, _ plan: BandPlan, knowsAbove: Bool
    ) {
        forEachTrack(of: group, plan) { writer, differences in
            _ = writer.classify(differences)
            writer.count(differences, knowsAbove: knowsAbove)
        }
    }

    /// Predicts the row at hand, channel by channel.
    private mutating func forEachTrack(
        of group: LosslessShape.Group, _ plan: BandPlan,
        _ body: (inout DifferenceWriter, Lane<UInt8>) -> Void
    ) {
        guard let reader else { return }
        for channel in 0..<group.channelCount
        where !plan.isConstant(channel * group.sampleByteCount) {
            reader.predict(channel: channel, by: plan.predictor)
            for byte in 0..<group.sampleByteCount {
                let track = channel * group.sampleByteCount + byte
                body(&writers[group.firstTrack + track], reader.differences[track])
            }
        }
    }

    mutating func makeCodes(_ shape: LosslessShape, _ plans: [BandPlan]) -> [UInt8] {
        let isSample = !Survey(shape).isComplete
        var lengths = CodeLengthWriter()
        for (number, group) in shape.groups.enumerated() {
            let plans = stride(from: number, to: plans.count, by: shape.groups.count).map {
                plans[$0]
            }
            for track in 0..<group.trackCount {
                // What is nowhere coded needs no codes.
                let isCoded = plans.contains { !$0.isSameAsReference && !$0.isConstant(track) }
                let codes = writers[group.firstTrack + track].makeCodes(
                    isSample: isSample && isCoded)
                for code in codes { lengths.append(code) }
            }
        }
        return lengths.bytes
    }

    /// Counts what another encoder counted of the same frame's other bands.
    func addCounts(of other: borrowing LosslessEncoder) {
        for index in writers.indices { writers[index].add(other.writers[index]) }
    }

    /// Takes the codes that another encoder made for the same frame.
    func adoptCodes(of other: borrowing LosslessEncoder) {
        for index in writers.indices { writers[index].adoptCodes(of: other.writers[index]) }
    }

    // MARK: Packing

    /// Packs a group of a band and appends it.
    private mutating func pack(
        _ group: LosslessShape.Group, of band: Int, as plan: BandPlan, _ source: Source,
        _ output: inout [UInt8]
    ) {
        output.append(plan.byte)
        if plan.isSameAsReference { return }
        let shape = source.shape
        let rows = group.rows(bandStart: band * shape.bandRows, bandRows: shape.bandRows)
        let tracks = group.firstTrack..<group.firstTrack + group.trackCount
        for index in tracks { writers[index].beginBand() }
        reader?.begin(group)
        for y in rows {
            read(y, of: group, source, plan)
            forEachTrack(of: group, plan) { writer, differences in
                _ = writer.classify(differences)
                writer.write(differences)
            }
        }
        let rawCount = rows.count * group.width
        for index in tracks {
            if let constant = plan.constant(index - group.firstTrack) {
                output.append(TrackMode.constant.rawValue)
                append(1, to: &output)
                output.append(constant)
                continue
            }
            let count = writers[index].endBand()
            if count < rawCount {
                output.append(TrackMode.coded.rawValue)
                append(count, to: &output)
                writers[index].append(count, to: &output)
            } else {
                output.append(TrackMode.raw.rawValue)
                append(rawCount, to: &output)
                appendRaw(index - group.firstTrack, of: group, rows, source, plan, &output)
            }
        }
    }

    private func append(_ count: Int, to output: inout [UInt8]) {
        let position = output.count
        output.append(contentsOf: [0, 0, 0, 0])
        writeCount(count, into: &output, at: position)
    }

    /// Appends the differences of one track as they are.
    private mutating func appendRaw(
        _ track: Int, of group: LosslessShape.Group, _ rows: Range<Int>, _ source: Source,
        _ plan: BandPlan, _ output: inout [UInt8]
    ) {
        reader?.begin(group)
        for y in rows {
            read(y, of: group, source, plan)
            guard let reader else { return }
            reader.predict(channel: track / group.sampleByteCount, by: plan.predictor)
            reader.differences[track].append(group.width, to: &output)
        }
    }
}
