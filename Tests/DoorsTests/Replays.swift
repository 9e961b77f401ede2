// What fuzzers found, and what they begin with, goes through the same doors in every test run.

import Doors
import Foundation
import Testing

/// Hostile input is refused with a typed error or understood, and never breaks a promise (P12).
@Suite struct Replays {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz")

    private static func files(_ kind: String, of door: Door) throws -> [URL] {
        let url = folder.appendingPathComponent(kind).appendingPathComponent(door.name)
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(
            at: url, includingPropertiesForKeys: nil
        ).filter { !$0.lastPathComponent.hasPrefix(".") }.sorted { $0.path < $1.path }
    }

    /// Sends files through a door, whose name stands in the output before something traps.
    private static func send(_ files: [URL], through door: Door) throws {
        guard !files.isEmpty else { return }
        let visit = try door.open()
        for file in files {
            print("\(door.name): \(file.lastPathComponent)")
            do {
                _ = try visit([UInt8](Data(contentsOf: file)))
            } catch {
                Issue.record("\(file.path): \(error)")
            }
        }
    }

    @Test(arguments: Door.all.map(\.name))
    func whatOnceBrokeAPromiseDoesNotAgain(_ name: String) throws {
        let door = try #require(Door.named(name))
        try Self.send(Self.files("Regressions", of: door), through: door)
    }

    @Test(arguments: Door.all.map(\.name))
    func corporaBreakNoPromise(_ name: String) throws {
        let door = try #require(Door.named(name))
        try Self.send(Self.files("Corpus", of: door), through: door)
    }

    /// Folders that no door goes by would be replayed by nobody.
    @Test(arguments: ["Regressions", "Corpus"])
    func everyFolderIsADoors(_ kind: String) throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Self.folder.appendingPathComponent(kind).path)
        for folder in folders where !folder.hasPrefix(".") && folder != "README.md" {
            #expect(Door.named(folder) != nil, "\(kind)/\(folder)")
        }
    }

    /// A door that refused everything would find nothing: what the product itself made is accepted.
    @Test(arguments: Door.all.map(\.name))
    func seedsAreAccepted(_ name: String) throws {
        let door = try #require(Door.named(name))
        let visit = try door.open()
        let seeds = try door.seeds()
        #expect(!seeds.isEmpty)
        #expect(Set(seeds.map(\.name)).count == seeds.count)
        for seed in seeds {
            #expect(seed.bytes.count <= door.byteCountMax, "\(seed.name) is too long")
            #expect(try visit(seed.bytes) == .accepted, "\(seed.name)")
        }
    }
}
