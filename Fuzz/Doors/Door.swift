// A door is a way by which bytes from outside come in: a function that goes through it with bytes of
// any kind, and says when a promise was broken. The fuzzer and the ordinary tests call the same one.

/// What came of bytes.
package enum Verdict: Sendable {
    /// They were understood.
    case accepted
    /// They were refused, with an error that the door may throw.
    case refused
}

/// A promise that was broken: what is thrown by a door, and by nothing else.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String
}

/// A door. Going through it is for one thread at a time.
package struct Door: Sendable {
    /// The name on the command line, and of its folders in `Corpus` and `Regressions`.
    package let name: String
    /// The most bytes worth trying: beyond, nothing is new and everything is slow.
    package let byteCountMax: Int
    /// The longest time that any bytes may take, in seconds; an instrumented build is about ten
    /// times slower than what is shipped.
    package let secondsMax: Int
    /// The most memory that the process may take, in MiB, with the fuzzer's own, which is about 300.
    package let memoryMebibytesMax: Int
    /// Makes ready what all visits share, and returns what goes through the door with bytes.
    ///
    /// What is returned throws ``BrokenPromise``, or what it did not expect, and returns normally
    /// for everything that may happen.
    package let open: @Sendable () throws -> (([UInt8]) throws -> Verdict)
    /// Bytes that are accepted, made by the product itself, by name.
    package let seeds: @Sendable () throws -> [(name: String, bytes: [UInt8])]

    /// All doors.
    package static let all: [Door] = [
        .frames, .roundTrips, .archives, .packs, .damage, .scenes, .media, .catalog, .manifests,
        .texts, .arguments, .stores,
    ]

    /// The door of this name; `nil` when there is none.
    package static func named(_ name: String) -> Door? { all.first { $0.name == name } }
}
