import AssetStore
import Basics
import ProjectArchive
import TestSupport
import Testing

/// Imports that run at once want the same identifiers and store the same bytes (P9).
@Suite struct ImportsAtOnce {
    @Test func eachHasAWholeProject() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        try source.store.fill("p", assetCount: 150)
        var archives: [String] = []
        for number in 0..<3 {
            let archive = source.file("\(number).zip")
            _ = try source.store.exportProject("p", to: archive)
            archives.append(archive)
            // The next archive is another one.
            try source.store.addCheckpoint(CheckpointDescription(stage: "\(number)"), to: "p")
        }
        let failures = Monitor<[any Error]>([])
        let threads = try archives.enumerated().map { number, archive in
            try WorkerThread(name: "import \(number)") { [store = target.store] in
                do {
                    _ = try store.importProject(from: archive, as: "p\(number)")
                } catch {
                    failures.update { $0.append(error) }
                }
            }
        }
        for thread in threads { thread.join() }
        let failure = failures.withLock { $0.first }
        if let failure { throw failure }

        let expected = try source.store.assets(project: "p")
        var identifiers: Set<AssetID> = []
        for number in 0..<3 {
            let found = try target.store.assets(project: "p\(number)")
            #expect(found.map(\.checksum) == expected.map(\.checksum))
            #expect(found.map(\.description.name) == expected.map(\.description.name))
            identifiers.formUnion(found.map(\.id))
            #expect(try target.store.jobs(project: "p\(number)").count == 4)
            #expect(try target.store.checkpoints(of: "p\(number)").count == 4 + number)
        }
        #expect(identifiers.count == 3 * expected.count)
        #expect(identifiers.isSuperset(of: expected.map(\.id)))
        // Equal bytes are there once.
        let namespaces = try target.store.statistics().namespaces
        let wanted = try source.store.statistics().namespaces
        for namespace in Namespace.assetNamespaces {
            #expect(namespaces[namespace]?.storedByteCount == wanted[namespace]?.storedByteCount)
        }
        #expect(try target.store.verify().isIntact)
    }
}
