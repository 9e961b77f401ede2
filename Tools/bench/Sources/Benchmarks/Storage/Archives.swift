// A project goes to one zip file and comes back, durably, beside copying the same bytes: for an export,
// `cat` of files with the same contents into one file; for an import, `cp` of the zip file.

internal import AssetStore
internal import Basics
internal import Glibc
internal import ProjectArchive

/// The workload `archive`.
struct Archives {
    private let bench: Bench
    private let payloads: Payloads
    private let directory: String
    private let pictureCount: Int
    private let frameCount: Int
    /// A video has the bytes of many payloads.
    private let videoCount: Int
    private static let payloadsPerVideo = 160

    static let rowNames = ["archive-export", "archive-import"]
    private static let project = "bench"
    private static let (joiner, copier) = ("cat", "cp")

    private var payloadCount: Int {
        pictureCount + frameCount + videoCount * Self.payloadsPerVideo
    }
    private var archive: String { "\(directory)/project.zip" }

    static func measure(_ bench: Bench) throws -> [Row] {
        try bench.workspace.withDirectory("archive") { directory in
            let archives = Archives(
                bench: bench, payloads: bench.payloads(), directory: directory,
                pictureCount: bench.size(2000, smoke: 8), frameCount: bench.size(2000, smoke: 8),
                videoCount: bench.size(40, smoke: 1))
            let source = try OurStore(directory: directory)
            defer { try? source.store.close() }
            try archives.fill(source)
            try archives.writeFiles()
            _ = try source.store.exportProject(project, to: archives.archive)
            sync()
            return try archives.rows(source.store)
        }
    }

    private func rows(_ store: Store) throws -> [Row] {
        let exports = try bench.compare(
            [
                Contestant(name: Contestant.ours) { try exporting(store) },
                Contestant(name: Self.joiner) { try joiningFiles() },
            ], repetitionsMax: 5)
        let imports = try bench.compare(
            [
                Contestant(name: Contestant.ours) { try importing() },
                Contestant(name: Self.copier) { try copyingArchive() },
            ], repetitionsMax: 5)
        return exports.rows(
            Self.rowNames[0], unit: "MB/s", promises: [(.peer(Self.joiner), 0.8)])
            + imports.rows(
                Self.rowNames[1], unit: "MB/s", promises: [(.peer(Self.copier), 0.8)])
    }

    // MARK: What is there before

    private func fill(_ ours: OurStore) throws {
        for index in 0..<pictureCount { try ours.put(index, of: payloads) }
        let lease = try ours.startJob(frameCount: frameCount)
        let writer = FrameWriter(lease)
        for index in 0..<frameCount {
            try payloads.withBytes(pictureCount + index) {
                try writer.append(index, OurStore.frameFacts, $0)
            }
        }
        try writer.flush()
        try lease.pause(nil)
        for video in 0..<videoCount {
            var writer = try ours.store.makeWriter(
                for: AssetDescription(
                    namespace: .videos, project: Self.project, mediaType: "video/mp4"))
            for index in payloadIndexes(ofVideo: video) {
                try payloads.withBytes(index) { try writer.write($0) }
            }
            _ = try writer.finish()
        }
    }

    private func payloadIndexes(ofVideo video: Int) -> Range<Int> {
        let start = pictureCount + frameCount + video * Self.payloadsPerVideo
        return start..<start + Self.payloadsPerVideo
    }

    /// The payloads of the file of a number: pictures, frames, and then videos.
    private func payloadIndexes(ofFile number: Int) -> Range<Int> {
        let small = pictureCount + frameCount
        return number < small ? number..<number + 1 : payloadIndexes(ofVideo: number - small)
    }

    /// Files whose names stand in the order of their numbers.
    private func writeFiles() throws {
        let folder = try makeDirectory("\(directory)/files")
        for number in 0..<pictureCount + frameCount + videoCount {
            let file = try FileDescriptor("\(folder)/\(100_000 + number)", O_WRONLY | O_CREAT)
            for (place, index) in payloadIndexes(ofFile: number).enumerated() {
                try payloads.withBytes(index) { try file.write($0, at: place * $0.byteCount) }
            }
        }
    }

    // MARK: The contestants

    private func exporting(_ store: Store) throws -> Sample {
        try bench.workspace.withDirectory("export") { output in
            let path = "\(output)/project.zip"
            let time = try seconds { _ = try store.exportProject(Self.project, to: path) }
            let other = try Store.openOrCreate(at: "\(output)/store")
            defer { try? other.close() }
            _ = try other.importProject(from: path)
            return sample(time, try contentSum(other))
        }
    }

    private func joiningFiles() throws -> Sample {
        try bench.workspace.withDirectory("joined") { output in
            let path = "\(output)/joined"
            let time = try seconds {
                try runProgram([
                    "/bin/sh", "-c", "cat \"$0\"/files/* > \"$1\"", directory, path,
                ])
                try FileDescriptor(path, O_RDWR).synchronize()
            }
            let joined = try FileDescriptor(path, O_RDONLY)
            var sum = ContentSum()
            var buffer = [UInt8](repeating: 0, count: payloads.byteCount)
            for index in 0..<payloadCount {
                _ = try joined.read(into: &buffer, at: index * buffer.count)
                sum.add(index, unsafe buffer.span.bytes)
            }
            return sample(time, sum)
        }
    }

    private func importing() throws -> Sample {
        try bench.workspace.withDirectory("import") { output in
            let store = try Store.openOrCreate(at: "\(output)/store")
            defer { try? store.close() }
            let time = try seconds { _ = try store.importProject(from: archive) }
            return sample(time, try contentSum(store))
        }
    }

    private func copyingArchive() throws -> Sample {
        try bench.workspace.withDirectory("copy") { output in
            let path = "\(output)/copy"
            let time = try seconds {
                try runProgram(["/bin/cp", archive, path])
                try FileDescriptor(path, O_RDWR).synchronize()
            }
            let copy = try FileDescriptor(path, O_RDONLY)
            let original = try FileDescriptor(archive, O_RDONLY)
            guard try copy.readAll() == original.readAll() else {
                throw AssetError(.damaged, "the copy is not what was copied")
            }
            return sample(time, payloads.contentSum(0..<payloadCount))
        }
    }

    private func sample(_ seconds: Double, _ sum: ContentSum) -> Sample {
        let byteCount = payloadCount * payloads.byteCount
        return Sample(value: Double(byteCount) / seconds / 1e6, hash: sum.value)
    }

    /// The hash of the payloads that a store has of the project.
    private func contentSum(_ store: Store) throws -> ContentSum {
        var sum = ContentSum()
        for (index, asset) in try store.assets(
            project: Self.project, namespace: .images
        ).enumerated() {
            _ = try store.withBytes(of: asset.id) { sum.add(index, $0) }
        }
        for job in try store.jobs(project: Self.project) {
            for index in 0..<frameCount {
                _ = try store.withFrame(index, of: job.id) { sum.add(pictureCount + index, $1) }
            }
        }
        for (video, asset) in try store.assets(
            project: Self.project, namespace: .videos
        ).enumerated() {
            _ = try store.withBytes(of: asset.id) { bytes in
                for (place, index) in payloadIndexes(ofVideo: video).enumerated() {
                    let start = place * payloads.byteCount
                    sum.add(index, bytes.extracting(start..<start + payloads.byteCount))
                }
            }
        }
        return sum
    }
}
