// Where doors put files: in memory, because thousands of stores are made per minute and none is kept.

internal import Basics
internal import Foundation

/// A fresh directory, which is emptied for every visit and goes away with the process.
final class Workplace {
    let path: String

    init() throws {
        // Where there is no file system in memory, the one for temporary files.
        let memory = URL(fileURLWithPath: "/dev/shm", isDirectory: true)
        let parent =
            FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
        let url = parent.appendingPathComponent("assetstore-door-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of something in the directory.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file anew.
    func write(_ bytes: [UInt8], to name: String) throws {
        unsafe try File(file(name), [.write, .create, .truncate]).write(bytes.span.bytes, at: 0)
    }

    /// Removes something from the directory, if it is there.
    func remove(_ name: String) throws {
        guard try FileSystem.kind(of: file(name)) != nil else { return }
        try FileManager.default.removeItem(atPath: file(name))
    }

    /// The bytes of a file.
    static func bytes(of path: String) throws -> [UInt8] {
        let file = try File(path)
        return try file.read(at: 0, count: try file.byteCount())
    }
}
