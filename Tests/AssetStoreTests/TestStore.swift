import AssetStore
import Basics
import TestSupport

/// A store in a directory that goes away with the test.
final class TestStore {
    let directory: TemporaryDirectory
    private(set) var store: Store

    /// Tests say themselves when disk blocks are given back.
    private static let options = StoreOptions(reclaimsInBackground: false)

    var path: String { directory.file("store") }

    init(quota: Int? = nil) throws {
        directory = try TemporaryDirectory()
        store = try Store.create(
            at: directory.file("store"), quota: quota, options: Self.options)
    }

    /// Closes the store and opens it again.
    func reopen() throws {
        try store.close()
        let placeholder = try Store.create(
            at: directory.file("other-\(UInt64.random(in: 0 ... .max))"))
        store = placeholder
        store = try Store.open(at: path, options: Self.options)
    }
}

func image(project: String = "p", name: String = "n") -> AssetDescription {
    AssetDescription(
        namespace: .images, project: project, kind: "scene", name: name, mediaType: "image/png",
        attributes: ["a": "1", "b": ""], parameters: "{\"seed\":7}",
        facts: MediaFacts(width: 3, height: 4))
}

func renderJob(project: String = "p", recipe: String = "{}", frames: Int = 100) -> JobDescription {
    JobDescription(
        project: project, kind: "render", recipe: recipe, submission: "{}", frameCount: frames)
}

extension Store {
    func bytes(of id: AssetID) throws -> [UInt8]? {
        guard let reader = try reader(for: id) else { return nil }
        var bytes: [UInt8] = []
        try reader.forEachPiece { piece in
            unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    func put(_ description: AssetDescription, _ bytes: [UInt8]) throws -> Asset {
        unsafe try put(description, bytes.span.bytes)
    }

    func bytes(ofFrame index: Int, of job: JobID) throws -> [UInt8]? {
        try withFrame(index, of: job) { _, bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
    }
}

extension FrameWriter {
    func append(_ index: Int, _ bytes: [UInt8]) throws {
        unsafe try append(index, FrameFacts(codec: 1, width: 2, height: 2), bytes.span.bytes)
    }
}
