// Output files are there whole or not at all, and overwrite nothing unasked.

import AssetctlCommands
internal import Basics
import Glibc
internal import TestSupport
import Testing

@Suite struct OutputFiles {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func write(_ text: String, to path: String, overwrite: Bool = false) throws {
        let file = try OutputFile(path, overwrite: overwrite)
        try unsafe file.append(bytes(text).span.bytes)
        try file.publish()
    }

    private func contents(_ path: String) throws -> String {
        let file = try File(path)
        return try String(decoding: file.read(at: 0, count: file.byteCount()), as: UTF8.self)
    }

    @Test func nothingIsVisibleBeforePublishing() throws {
        let path = directory.file("v.mp4")
        let file = try OutputFile(path, overwrite: false)
        try unsafe file.append(bytes("ab").span.bytes)
        try unsafe file.append(bytes("cd").span.bytes)
        #expect(try FileSystem.kind(of: path) == nil)
        let names = try FileSystem.names(in: directory.path)
        #expect(names.count == 1)
        #expect(names[0].hasPrefix(".v.mp4.") && names[0].hasSuffix(".partial"))
        try file.publish()
        #expect(try contents(path) == "abcd")
        #expect(try FileSystem.names(in: directory.path) == ["v.mp4"])
    }

    @Test func abandonedFilesLeaveNothing() throws {
        do {
            let file = try OutputFile(directory.file("v.mp4"), overwrite: false)
            try unsafe file.append(bytes("ab").span.bytes)
        }
        #expect(try FileSystem.names(in: directory.path).isEmpty)
    }

    @Test func existingFilesStayUnlessOverwriting() throws {
        let path = directory.file("v.mp4")
        try write("old", to: path)
        #expect(throws: AssetError(.alreadyExists, "")) { try write("new", to: path) }
        #expect(try contents(path) == "old")
        try write("new", to: path, overwrite: true)
        #expect(try contents(path) == "new")
        #expect(try FileSystem.names(in: directory.path) == ["v.mp4"])
    }

    @Test func aFileMadeInTheMeantimeStays() throws {
        let path = directory.file("v.mp4")
        let file = try OutputFile(path, overwrite: false)
        try write("theirs", to: path)
        #expect(throws: AssetError(.alreadyExists, "")) { try file.publish() }
        #expect(try contents(path) == "theirs")
    }

    @Test func twoFilesForOneTargetDoNotMix() throws {
        let path = directory.file("v.mp4")
        let first = try OutputFile(path, overwrite: true)
        let second = try OutputFile(path, overwrite: true)
        try unsafe first.append(bytes("first").span.bytes)
        try unsafe second.append(bytes("second!").span.bytes)
        try first.publish()
        #expect(try contents(path) == "first")
        try second.publish()
        #expect(try contents(path) == "second!")
    }

    @Test func wrongTargetsAreNamed() throws {
        let missing = directory.file("nowhere/v.mp4")
        let error = #expect(throws: AssetError.self) {
            try OutputFile.check(missing, overwrite: false)
        }
        #expect(error?.code == .inputMissing)
        #expect(
            error?.message
                == "\(missing): the folder \(directory.file("nowhere")) is not there; make it first"
        )
        try write("x", to: directory.file("plain"))
        for path in [
            directory.path, directory.path + "/", "", directory.file("plain/v.mp4"), "/dev/null",
        ] {
            #expect(throws: AssetError(.invalidArgument, ""), "\(path)") {
                try OutputFile.check(path, overwrite: true)
            }
        }
    }

    @Test func longNamesFit() throws {
        let path = directory.file(String(repeating: "ü", count: 125) + ".mp4")
        try write("x", to: path)
        #expect(try contents(path) == "x")
    }

    @Test func leavingAtOnceTakesTheTemporaryAlong() throws {
        let interrupt = Interrupt()
        let file = try OutputFile(
            directory.file("v"), overwrite: false, temporaryChanged: interrupt.temporaryChanged)
        interrupt.removeTemporaries()
        #expect(try FileSystem.names(in: directory.path).isEmpty)
        _ = file
        let other = try OutputFile(
            directory.file("w"), overwrite: false, temporaryChanged: interrupt.temporaryChanged)
        try other.publish()
        interrupt.removeTemporaries()
        #expect(try FileSystem.names(in: directory.path) == ["w"])
    }

    /// A folder of many files is looked through once, and what is removed of it is its own.
    @Test func aFolderRemovesWhatTheDeadLeftOfItsOwnFiles() throws {
        // No process has this number: it is beyond the kernel's largest.
        let dead = 4_194_305
        let left = [
            ".000001.png.\(dead).partial", ".000002.png.\(dead)-7.partial",
            ".000003.png.\(getpid()).partial", ".000004.png.kept.partial",
            ".other.txt.\(dead).partial", ".000005.png.\(dead)", "000006.png",
        ]
        for name in left { _ = try File(directory.file(name), [.write, .createNew]) }
        let folder = try OutputFolder(directory.path, overwrite: false) { $0.hasSuffix(".png") }
        #expect(try FileSystem.names(in: directory.path) == left.dropFirst(2).sorted())
        for name in ["000001.png", "000002.png"] {
            let file = try folder.file(name)
            try unsafe file.append(bytes(name).span.bytes)
            try file.publish()
        }
        try folder.synchronize()
        #expect(try contents(directory.file("000001.png")) == "000001.png")
        #expect(try contents(directory.file("000002.png")) == "000002.png")
        #expect(throws: AssetError(.alreadyExists, "")) { _ = try folder.file("000006.png") }
    }
}
