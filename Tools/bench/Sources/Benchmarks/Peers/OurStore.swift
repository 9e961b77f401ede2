// The store itself, as the workloads use it: everything they need of its API stands here.

internal import AssetStore
internal import Basics
internal import Synchronization

/// A store whose assets are known by numbers. Thread-safe.
final class OurStore: Sendable {
    let store: Store
    /// The assets by their numbers.
    private let ids: Mutex<[Int: AssetID]>

    init(directory: String, quota: Int? = nil) throws {
        store = try Store.openOrCreate(at: "\(directory)/store", quota: quota)
        ids = Mutex([:])
    }

    /// Stores a content as an asset, durably, and keeps its number.
    func put(_ index: Int, of payloads: Payloads) throws {
        let asset = try payloads.withBytes(index) { try put($0, project: "bench") }
        ids.withLock { $0[index] = asset.id }
    }

    /// Stores bytes as an asset, durably: a picture whose format has compressed it.
    @discardableResult
    func put(_ bytes: RawSpan, project: String) throws -> Asset {
        try store.put(
            AssetDescription(
                namespace: .images, project: project, kind: "picture",
                mediaType: "image/jpeg"),
            bytes)
    }

    /// Removes the asset with a number, durably.
    func remove(_ index: Int) throws {
        guard let id = ids.withLock({ $0.removeValue(forKey: index) }),
            try store.removeAsset(id)
        else { throw AssetError(.inputMissing, "the store has no asset \(index)") }
    }

    /// The hash of what is stored under these numbers.
    func contentSum(_ indexes: some Sequence<Int>) throws -> ContentSum {
        var sum = ContentSum()
        let ids = ids.withLock { $0 }
        for index in indexes {
            guard let id = ids[index],
                try store.withBytes(of: id, { sum.add(index, $0) }) != nil
            else { throw AssetError(.inputMissing, "the store has no asset \(index)") }
        }
        return sum
    }

    /// The hash of the frames of a job with these numbers.
    func frameSum(_ indexes: some Sequence<Int>, of job: JobID) throws -> ContentSum {
        var sum = ContentSum()
        for index in indexes {
            guard try store.withFrame(index, of: job, { sum.add(index, $1) }) != nil else {
                throw AssetError(.inputMissing, "the store has no frame \(index)")
            }
        }
        return sum
    }

    /// Looks assets up in one moment of the store.
    func lookUp(_ ids: [AssetID], _ body: (Int, Asset) -> Void) throws {
        try store.read { snapshot in
            for (index, id) in ids.enumerated() {
                guard let asset = try snapshot.asset(id) else {
                    throw AssetError(.inputMissing, "the store has no asset \(id)")
                }
                body(index, asset)
            }
        }
    }

    /// Begins a job that stores frames.
    func startJob(frameCount: Int) throws -> JobLease {
        let job = try store.submit(
            JobDescription(
                project: "bench", kind: "bench", recipe: "{}", submission: "{}",
                frameCount: frameCount))
        return try store.start(job.id)
    }

    /// What every frame is.
    static let frameFacts = FrameFacts(codec: 1, width: 1920, height: 1080)
}
