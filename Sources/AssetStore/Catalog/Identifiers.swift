// The names of things: assets, jobs, packs, namespaces.

internal import Basics
internal import Synchronization

/// A namespace of the store. Raw values are stored and never renumbered.
public enum Namespace: UInt8, Sendable, CaseIterable {
    case images = 1
    case videos = 2
    case audio = 3
    /// The frames of jobs.
    case frames = 4
    /// Jobs and their encoded segments.
    case jobs = 5

    /// The name on the command line and in JSON.
    public var name: String { "\(self)" }

    /// The namespace of this name, `nil` when there is none.
    public init?(name: String) {
        guard let namespace = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = namespace
    }

    /// The namespaces that hold assets.
    public static let assetNamespaces: [Namespace] = [.images, .videos, .audio]
}

/// An asset's identifier: a UUID of version 7 (RFC 9562), so that assets sort by creation.
public struct AssetID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Parses the canonical 36 characters, upper or lower case; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12],
            let value = parseHex128(groups.joined())
        else { return nil }
        self.init(high: value.high, low: value.low)
    }

    public var description: String {
        let digits = hex(high) + hex(low)
        var text = ""
        for (offset, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(offset) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    public static func < (left: AssetID, right: AssetID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Makes identifiers that grow strictly, also within a millisecond and when the clock jumps back.
/// Thread-safe.
final class AssetIDSource: Sendable {
    private struct State {
        /// The 60 bits of time and counter of the last identifier.
        var stamp: UInt64 = 0
        /// Begun by the system's randomness, which costs a call each time it is asked.
        var random = UInt64.random(in: 0 ... .max)

        /// SplitMix64.
        mutating func nextRandom() -> UInt64 {
            random &+= 0x9E37_79B9_7F4A_7C15
            var z = random
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private let state = Mutex(State())

    func next(now: Timestamp = .now()) -> AssetID {
        let time = UInt64(max(0, now.millisecondsSinceEpoch)) & (1 << 48 - 1)
        return state.withLock { state in
            let random = state.nextRandom()
            // The counter starts low in its 12 bits, at random, so that it has room to grow.
            let fresh = time << 12 | random & 1023
            let stamp = max(fresh, state.stamp + 1)
            state.stamp = stamp
            return AssetID(
                high: (stamp >> 12) << 16 | 0x7000 | stamp & 0xFFF,
                low: 1 << 63 | state.nextRandom() >> 2)
        }
    }

    func nextContent() -> ContentID {
        let id = next()
        return ContentID(high: id.high, low: id.low)
    }

    func nextSequence() -> SequenceID {
        let id = next()
        return SequenceID(high: id.high, low: id.low)
    }
}

/// A job's identifier: the hash of what it is to do, so that the same work is the same job.
public struct JobID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The identity of the work that `recipe` describes: its XXH3-128.
    public init(hashing recipe: RawSpan) {
        let checksum = ContentChecksum(of: recipe)
        self.init(high: checksum.high, low: checksum.low)
    }

    /// Parses 32 hexadecimal digits; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        guard let value = parseHex128(String(text)) else { return nil }
        self.init(high: value.high, low: value.low)
    }

    public var description: String { hex(high) + hex(low) }

    public static func < (left: JobID, right: JobID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// The identifier of stored bytes, which one or several assets have.
package struct ContentID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
}

/// The identifier of a job's frames and segments. A job that is removed and submitted again is the
/// same job with another sequence.
struct SequenceID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
}

/// A project within the catalog. A project that is removed and made again under its name has
/// another number.
struct ProjectNumber: Hashable, Sendable {
    let number: UInt64

    /// The scope of what concerns the whole store; no project has this number.
    static let wholeStore = ProjectNumber(number: 0)
}

/// A pack's number; its file's name is the 16 hexadecimal digits.
struct PackID: Hashable, Comparable, Sendable, CustomStringConvertible {
    let number: UInt64
    var description: String { hex(number) }
    static func < (left: PackID, right: PackID) -> Bool { left.number < right.number }
}

private func parseHex128(_ text: String) -> (high: UInt64, low: UInt64)? {
    guard text.utf8.count == 32, text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
    else { return nil }
    guard let high = UInt64(text.prefix(16), radix: 16),
        let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    return (high, low)
}
