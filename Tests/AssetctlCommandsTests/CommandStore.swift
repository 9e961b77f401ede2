// What the tests of commands that use a store share: a store of their own, and small media.

import AssetStore
import AssetctlCommands
internal import Basics
internal import Foundation
internal import FrameCodecs
internal import Media
internal import TestSupport
internal import Testing

/// What came of a command.
struct Outcome {
    let status: Int32
    let bytes: [UInt8]
    let error: String

    var output: String { String(decoding: bytes, as: UTF8.self) }
    /// The last line of standard error, which says what went wrong.
    var lastWord: String { error.split(separator: "\n").last.map(String.init) ?? "" }
    /// The lines of results as JSON.
    var json: [JSONValue] {
        get throws {
            try output.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
        }
    }
}

/// A store in a directory that goes away with the test, used by commands and, between them,
/// directly.
struct CommandStore {
    let directory: TemporaryDirectory
    var path: String { directory.file("store") }

    init() throws { directory = try TemporaryDirectory() }

    func run(
        _ arguments: String..., input: [UInt8] = [], interrupt: Interrupt = Interrupt()
    ) -> Outcome {
        let captured = CapturedConsole(input: input)
        let status = Assetctl.run(
            arguments: ["--store", path] + arguments, console: captured.console,
            interrupt: interrupt)
        return Outcome(status: status, bytes: captured.output.bytes, error: captured.error.text)
    }

    /// Runs `body` with the store, which must not be kept: a command closes what it opens.
    func directly<Result>(_ body: (Store) throws -> Result) throws -> Result {
        let store = try Store.openOrCreate(at: path)
        defer { try? store.close() }
        return try body(store)
    }

    /// Writes a file beside the store and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: directory.file(name)))
        return directory.file(name)
    }

    func contents(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: directory.file(name))))
    }

    /// The files beside the store.
    var names: [String] {
        get throws { try FileSystem.names(in: directory.path).filter { $0 != "store" } }
    }

    /// Puts `bytes` as an asset by a command and returns its id.
    func put(
        _ name: String, _ bytes: [UInt8], project: String = "p", _ more: String...
    ) throws -> String {
        let path = try file(name, bytes)
        let captured = CapturedConsole()
        let status = Assetctl.run(
            arguments: ["--store", self.path, "--json", "put", path, "--project", project] + more,
            console: captured.console)
        #expect(status == 0, "\(captured.error.text)")
        try FileManager.default.removeItem(atPath: path)
        let result = try JSONValue.parse(captured.output.bytes)
        return try #require(result["id"]?.string)
    }

    /// Flips a bit in the middle of `payload`, wherever it lies in the packs.
    func damage(_ payload: [UInt8]) throws {
        for name in try FileSystem.names(in: "\(path)/packs") {
            let handle = try #require(FileHandle(forUpdatingAtPath: "\(path)/packs/\(name)"))
            let whole = try #require(try handle.readToEnd())
            guard let place = whole.range(of: Data(payload)) else { continue }
            let position = (place.lowerBound + place.upperBound) / 2
            try handle.seek(toOffset: UInt64(position))
            try handle.write(contentsOf: [whole[position] ^ 4])
            return
        }
        Issue.record("the payload is in no pack")
    }
}

extension JSONValue {
    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The keys of an object, in their order.
    var keys: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.key)
    }

    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }
}

/// Small media.
enum SmallMedia {
    /// One second of 16-bit stereo at 8000 Hz.
    static var wav: [UInt8] {
        wavFile(rate: 8000, channels: 2, frames: 8000) { frame, channel in
            Int16(truncatingIfNeeded: (frame * 2 + channel) * 41)
        }
    }

    /// One second of noise, which takes its 16,044 bytes however it is packed.
    static func noise(seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return wavFile(rate: 8000, channels: 1, frames: 8000) { _, _ in
            Int16(truncatingIfNeeded: random.next())
        }
    }

    /// A frame in which every pixel differs a little; `alpha` is that of all pixels.
    static func frame(seed: Int = 0, alpha: UInt8 = 255) throws -> Frame {
        var frame = try Frame(width: 24, height: 16, format: .bgraPremultiplied)
        let stride = frame.planes[0].stride
        unsafe frame.withUnsafeMutableBytes { memory in
            for y in 0..<16 {
                for x in 0..<24 {
                    let place = y * stride + x * 4
                    let color = [UInt8(x * 10), UInt8(y * 15), UInt8((seed * 40 + x) % 256)]
                    for channel in 0..<3 {
                        unsafe memory[place + channel] = min(alpha, color[channel])
                    }
                    unsafe memory[place + 3] = alpha
                }
            }
        }
        return frame
    }

    static func png(alpha: UInt8 = 255) throws -> [UInt8] {
        try PNGEncoder().encode(try frame(alpha: alpha)) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
    }

    static func jpeg(seed: Int = 0) throws -> [UInt8] {
        var encoder = try JPEGEncoder()
        return try encoder.encode(try frame(seed: seed), quality: 90) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
    }
}
