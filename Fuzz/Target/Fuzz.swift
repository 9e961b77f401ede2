// The fuzzer: libFuzzer calls these two. One program for all doors, because linking one for each
// takes longer than all the rest.
//
//   fuzz --door=<name> [libFuzzer's options] <corpus>…
//   fuzz --door=<name> --seeds=<folder>    writes what to begin with
//   fuzz --list                            the doors, each with libFuzzer's options for it
//
// libFuzzer leaves what begins with two dashes to us.

import CNoDisk
import Doors
import Foundation

/// What goes through the door that was chosen. libFuzzer sets it, and then calls it, on its one
/// thread.
nonisolated(unsafe) private var visit: (([UInt8]) throws -> Verdict)?

private func fail(_ text: String) -> Never {
    FileHandle.standardError.write(Data("fuzz: \(text)\n".utf8))
    exit(64)
}

private func value(of option: String) -> String? {
    let prefix = "--\(option)="
    return CommandLine.arguments.first { $0.hasPrefix(prefix) }.map {
        String($0.dropFirst(prefix.count))
    }
}

extension Door {
    /// What libFuzzer is to be told of it: the limits that the door's bytes are held to.
    fileprivate var options: [String] {
        [
            "-max_len=\(byteCountMax)", "-timeout=\(secondsMax)",
            "-rss_limit_mb=\(memoryMebibytesMax)",
            // One allocation takes half of that at most.
            "-malloc_limit_mb=\(memoryMebibytesMax / 2)",
            // AddressSanitizer looks for leaks when the process ends and all is closed. While it runs,
            // what a store's threads hold looks lost now and then.
            "-detect_leaks=0",
        ]
    }
}

/// Opens the door that `--door` names; with `--seeds` only writes what it is to be begun with.
@c(LLVMFuzzerInitialize)
func initialize(_ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer) -> CInt {
    assetstore_use_no_disk()
    if CommandLine.arguments.contains("--list") {
        for door in Door.all { print(door.name, door.options.joined(separator: " ")) }
        exit(0)
    }
    let names = Door.all.map(\.name).joined(separator: ", ")
    guard let door = value(of: "door").flatMap({ Door.named($0) }) else {
        fail("give --door=<name>, one of \(names)")
    }
    do {
        if let folder = value(of: "seeds") {
            let directory = URL(fileURLWithPath: folder, isDirectory: true)
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            for seed in try door.seeds() {
                try Data(seed.bytes).write(
                    to: directory.appendingPathComponent("seed-\(seed.name)"))
            }
            exit(0)
        }
        unsafe visit = try door.open()
        // Before AddressSanitizer looks for leaks.
        atexit { unsafe visit = nil }
    } catch {
        fail("\(door.name): \(error)")
    }
    return 0
}

/// Goes through the door once. A broken promise ends the process, as a trap does.
@c(LLVMFuzzerTestOneInput)
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    do {
        _ = try unsafe visit?(bytes)
    } catch {
        fatalError("\(error)")
    }
    return 0
}
