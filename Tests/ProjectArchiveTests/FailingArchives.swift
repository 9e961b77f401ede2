import AssetStore
import Basics
import Foundation
import Glibc
import ProjectArchive
import TestSupport
import Testing

/// Exports and imports whose writes the kernel refuses: nothing half-made is seen (P2).
@Suite struct FailingArchives {
    /// A limit on the size of files lets the kernel refuse writes in the middle, whichever comes
    /// first: of packs, of the catalog, of the archive.
    @Test func writesThatFailLeaveNothingHalf() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            try FailingArchives.failInTheMiddle(path)
        }
    }

    private static func failInTheMiddle(_ path: String) throws {
        signal(SIGXFSZ, SIG_IGN)
        let source = try Store.create(at: "\(path)/source")
        try source.fill("p", assetCount: 40, frameCount: 60)
        let archive = "\(path)/p.zip"
        try withFiles(upTo: 3 << 20) {
            #expect(throws: AssetError.self) { try source.exportProject("p", to: archive) }
        }
        #expect(!FileManager.default.fileExists(atPath: archive))
        _ = try source.exportProject("p", to: archive)
        let target = "\(path)/target"
        try Store.create(at: target).close()
        for byteCountMax in [64 << 10, 1 << 20, 5 << 20] {
            let store = try Store.open(at: target)
            try withFiles(upTo: byteCountMax) {
                #expect(throws: AssetError.self) { try store.importProject(from: archive) }
            }
            try? store.close()
            let again = try Store.open(at: target)
            #expect(try again.projects().isEmpty && again.verify().isIntact)
            try again.close()
        }
        let store = try Store.open(at: target)
        _ = try store.importProject(from: archive)
        let expected = try ProjectDump("p", in: source)
        #expect(try ProjectDump("p", in: store) == expected)
        #expect(try store.verify().isIntact)
        try store.close()
        try source.close()
    }

    private static func withFiles(upTo byteCountMax: Int, _ body: () throws -> Void) throws {
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        var old = rlimit()
        #expect(unsafe getrlimit(resource, &old) == 0)
        var new = old
        new.rlim_cur = rlim_t(byteCountMax)
        #expect(unsafe setrlimit(resource, &new) == 0)
        defer { _ = unsafe setrlimit(resource, &old) }
        try body()
    }
}
