// From segments to a file: joined into an asset, which completes the job, and copied to where the
// caller wants it.

internal import AssetStore
internal import Basics
internal import Media

extension RenderJob {
    /// Joins the stored segments and audio into a video, keeps it as an asset, and completes the
    /// job with it. The file on the way has no name and vanishes with the process.
    func assemble(
        _ lease: JobLease, _ plan: SegmentPlan, _ isCancelled: @escaping @Sendable () -> Bool
    ) throws -> Asset {
        let settings = try recipe.videoSettings()
        let extradata = try SegmentEncoder(settings).extradata
        let file = try File(temporaryIn: store.path)
        try MP4Muxer.write(
            to: file,
            video: MP4Muxer.VideoTrack(settings: settings, extradata: extradata) { [self] in
                segmentPackets(
                    track: SegmentTrack.video, count: plan.segmentCount, extradata: extradata)
            },
            audio: try audioTrack(), title: recipe.title,
            progress: { _ in
                if isCancelled() {
                    throw AssetError(.cancelled, "interrupted; what is finished is kept")
                }
            })
        var description = AssetDescription(
            namespace: .videos, project: project, kind: "video",
            name: submission.output.map(FileSystem.name(of:)) ?? "\(id).mp4",
            mediaType: "video/mp4", attributes: ["job": id.description],
            parameters: try store.job(id)?.description.recipe)
        description.facts = MediaFacts(
            width: recipe.width, height: recipe.height,
            durationSeconds: frameRate.seconds(ofFrame: frameCount),
            frameRate: frameRate.framesPerSecond)
        var writer = try store.makeWriter(for: description)
        try writer.write(contentsOf: FileBytes(file))
        return try lease.complete(output: writer)
    }

    /// A puller of the packets of a track's segments, of which one is in memory at a time.
    func segmentPackets(
        track: UInt8, count: Int, extradata: [UInt8] = []
    ) -> PacketPuller {
        var segment = 0
        var packets: [EncodedPacket] = []
        var next = 0
        return { [self] in
            while next == packets.count {
                guard segment < count else { return nil }
                let decoded = try store.withSegment(track: track, index: segment, of: id) {
                    try EncodedSegment(decoding: $0)
                }
                guard let decoded, decoded.extradata == extradata else {
                    throw AssetError(
                        .damaged,
                        "segment \(segment) of track \(track) of job \(id) is not there or was "
                            + "made by another encoder; remove the job and render again")
                }
                (packets, next) = (decoded.packets, 0)
                segment += 1
            }
            defer { next += 1 }
            return packets[next]
        }
    }

    /// The video that an earlier run finished, `nil` when there is none or it can't be read.
    func finishedVideo() throws -> Asset? {
        guard let job = try store.job(id), job.state == .complete, let output = job.output,
            let reader = try store.reader(for: output)
        else { return nil }
        guard job.frames.count >= retention.retainedCount(of: frameCount) else { return nil }
        do {
            try reader.forEachPiece { _ in }
        } catch let error as AssetError where error.code == .damaged {
            return nil
        }
        return reader.asset
    }

    /// Puts the video where the caller wants it, and tells what became of the run.
    func publish(_ video: Asset, rendered: Int, encoded: Int) throws -> RenderResult {
        guard let reader = try store.reader(for: video.id) else {
            throw AssetError(
                .inputMissing, "the video \(video.id) was removed before it was published")
        }
        let plan = SegmentPlan(
            frameCount: frameCount, segmentFrameCount: recipe.segmentFrameCount)
        return RenderResult(
            job: id,
            frames: .init(
                total: frameCount, rendered: rendered, reused: max(0, frameCount - rendered)),
            segments: .init(
                total: plan.segmentCount, encoded: encoded, reused: plan.segmentCount - encoded),
            asset: video.id, output: submission.output, byteCount: video.byteCount,
            sha256: try publish(reader), durationSeconds: frameRate.seconds(ofFrame: frameCount))
    }

    /// Copies the video to the output, unless it is there already; returns its SHA-256.
    private func publish(_ reader: AssetReader) throws -> String {
        var hash = try SHA256()
        guard let path = submission.output,
            submission.overwrite || !Self.isPublished(reader, at: path)
        else {
            try reader.forEachPiece { hash.update($0) }
            return hash.finish()
        }
        let output = try OutputFile(path, overwrite: submission.overwrite)
        try reader.forEachPiece { piece in
            hash.update(piece)
            try output.append(piece)
        }
        try output.publish()
        return hash.finish()
    }

    /// Whether the file at `path` has exactly the asset's bytes.
    static func isPublished(_ reader: AssetReader, at path: String) -> Bool {
        guard let file = try? FileBytes(path: path), file.byteCount == reader.byteCount,
            let checksum = try? ContentChecksum(ofAll: file)
        else { return false }
        return checksum == reader.asset.checksum
    }

    /// Refuses an output that is there and neither this job's video nor to be overwritten.
    static func requireFreeOutput(
        _ request: RenderRequest, _ job: Job?, _ store: Store
    ) throws {
        guard let path = request.output, !request.overwrite else { return }
        if let video = job?.output, let reader = try store.reader(for: video),
            isPublished(reader, at: path)
        {
            return
        }
        try OutputFile.check(path, overwrite: false)
    }
}
