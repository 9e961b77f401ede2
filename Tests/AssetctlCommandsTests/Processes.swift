import Foundation
import TestSupport
import Testing

/// The program itself, as a shell runs it: signals, exit statuses, and what is left behind.
@Suite struct Processes {
    private let directory: TemporaryDirectory
    private let program: URL

    init() throws {
        directory = try TemporaryDirectory()
        // The program is built beside the tests.
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        program = URL(fileURLWithPath: tests).deletingLastPathComponent()
            .appendingPathComponent("assetctl")
        let song = wavFile(rate: 8000, channels: 1, frames: 8000 * 12) { frame, _ in
            Int16(truncatingIfNeeded: (frame * frame / 1000) % 20_000)
        }
        try Data(song).write(to: URL(fileURLWithPath: directory.file("song.wav")))
    }

    private func start(
        _ arguments: [String]
    ) throws -> (process: Process, output: FileHandle, error: FileHandle) {
        let process = Process()
        let (output, error) = (Pipe(), Pipe())
        process.executableURL = program
        process.arguments = ["--store", directory.file("store")] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        process.standardOutput = output
        process.standardError = error
        try process.run()
        return (process, output.fileHandleForReading, error.fileHandleForReading)
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String, error: String)
    {
        let (process, output, error) = try start(arguments)
        let result = String(decoding: try output.readToEnd() ?? Data(), as: UTF8.self)
        let talk = String(decoding: try error.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, result, talk)
    }

    private let render = [
        "render", "--audio", "song.wav", "--output", "v.mp4", "--size", "64x48", "--json",
    ]

    /// Starts a render, waits until it draws frames, and sends it signals.
    private func renderInterrupted(
        by signals: [Int32]
    ) throws -> (status: Int32, reason: Process.TerminationReason, error: String) {
        let (process, _, error) = try start(render + ["--progress", "json"])
        var talk = ""
        while !talk.contains("\"phase\":\"rendering\",\"done\":1") {
            let more = error.availableData
            if more.isEmpty { break }
            talk += String(decoding: more, as: UTF8.self)
        }
        for signal in signals { kill(process.processIdentifier, signal) }
        talk += String(decoding: try error.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, process.terminationReason, talk)
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test func theFirstInterruptSaysHowToGoOnAndItDoes() throws {
        let interrupted = try renderInterrupted(by: [SIGINT])
        #expect(interrupted.status == 130 && interrupted.reason == .exit)
        let last = try #require(interrupted.error.split(separator: "\n").last)
        #expect(last.hasPrefix("assetctl: interrupted; to go on: assetctl --store "))
        #expect(last.contains("render --audio song.wav --output v.mp4"))
        #expect(try files() == ["song.wav", "store"])

        let (status, output, error) = try run(render)
        #expect(status == 0, "\(error)")
        #expect(output.contains("\"state\":\"complete\",\"frames\":{\"total\":360,"))
        #expect(!output.contains("\"rendered\":360,"))
        #expect(try files() == ["song.wav", "store", "v.mp4"])
        #expect(try run(["verify"]).status == 0)
    }

    @Test func killedItResumes() throws {
        let killed = try renderInterrupted(by: [SIGKILL])
        #expect(killed.reason == .uncaughtSignal)
        let jobs = try run(["jobs", "--json"])
        #expect(jobs.output.contains("\"state\":\"processing\""))
        #expect(jobs.output.contains("\"orphaned\":true"))
        #expect(try run(render).status == 0)
        #expect(try files() == ["song.wav", "store", "v.mp4"])
        #expect(try run(["verify"]).status == 0)
    }

    @Test func exitStatusesAreAsPromised() throws {
        #expect(try run([]).status == 64)
        #expect(try run(["--help"]).status == 0)
        #expect(try run(["--version"]).output.hasPrefix("assetctl "))
        #expect(try run(["info"]).status == 66)
        #expect(try run(["render", "--audio", "no.wav", "--output", "v.mp4"]).status == 66)
        #expect(try run(render + ["--fps", "0"]).status == 64)
        #expect(try files() == ["song.wav"])
    }
}
