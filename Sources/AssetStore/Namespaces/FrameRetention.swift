// Which frames of a job stay once it is complete.

internal import Basics
internal import LMDB

/// Which of its frames a job keeps when it is complete; until then it keeps all. Stored with the
/// job, and no part of its identity: the newest submission decides.
public enum FrameRetention: Equatable, Sendable, CustomStringConvertible {
    /// None.
    case untilComplete
    /// All.
    case all
    /// Those whose index is a multiple of this number, which is at least 1.
    case every(Int)
    /// So many with the highest indexes, at least 1.
    case last(Int)

    /// How it is written on the command line and in archives: `none`, `all`, `every:5`, `last:100`.
    public var description: String {
        switch self {
        case .untilComplete: "none"
        case .all: "all"
        case .every(let number): "every:\(number)"
        case .last(let count): "last:\(count)"
        }
    }

    /// Reads what ``description`` writes; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let number = parts.count == 2 ? Int(parts[1]) : nil
        switch (parts.first.map { String($0) }, parts.count, number) {
        case ("none", 1, _): self = .untilComplete
        case ("all", 1, _): self = .all
        case ("every", 2, let number?): self = .every(number)
        case ("last", 2, let number?): self = .last(number)
        default: return nil
        }
        guard isValid else { return nil }
    }

    /// How many of `count` frames without holes stay.
    public func retainedCount(of count: Int) -> Int {
        switch self {
        case .untilComplete: 0
        case .all: count
        case .every(let number): (count + number - 1) / number
        case .last(let most): min(most, count)
        }
    }

    var isValid: Bool {
        switch self {
        case .untilComplete, .all: true
        case .every(let number), .last(let number): (1...Limits.frameCountMax).contains(number)
        }
    }

    /// The number under which the kind is stored; never renumbered.
    private var kind: UInt8 {
        switch self {
        case .untilComplete: 0
        case .all: 1
        case .every: 2
        case .last: 3
        }
    }

    func append(to value: inout ByteWriter) {
        value.append(kind)
        switch self {
        case .untilComplete, .all: value.append(UInt64(0))
        case .every(let number), .last(let number): value.append(UInt64(number))
        }
    }

    init(value: inout ByteReader) throws(AssetError) {
        let kind: UInt8 = try value.integer()
        let number = Int(try value.integer(upTo: UInt64(Limits.frameCountMax)))
        switch kind {
        case 0: self = .untilComplete
        case 1: self = .all
        case 2: self = .every(number)
        case 3: self = .last(number)
        default: throw value.damaged("an unknown retention of frames")
        }
        guard isValid else { throw value.damaged("a retention of frames that keeps none") }
    }
}

extension Catalog {
    /// Notes that a job, which is complete now, has frames that it is not to keep.
    func noteExcessFrames(
        of job: JobID, in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        try transaction.put(removals, RemovalKey(job), RemovalRecord(removedAt: .now()))
    }

    /// Removes a bounded number of frames that a complete job is not to keep, and says whether
    /// there may be more. A job that was begun again meanwhile keeps what it has.
    func removeExcessFrames(
        of job: JobID, _ removal: RemovalRecord, countMax: Int,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws -> Bool {
        guard let record = try changes.job(job, in: transaction), record.state == .complete
        else { return false }
        var sequence = try changes.sequence(of: job, in: transaction)
        var excess = Int.max
        if case .last(let count) = record.description.retention {
            excess = max(0, sequence.frames.count - count)
        }
        var found: [(FrameKey, PayloadLocation)] = []
        var (seen, next) = (0, removal.position)
        let start = FrameKey(sequence: sequence.framesID, index: next)
        if excess > 0 {
            try transaction.scan(
                frames, prefix: sequence.framesID.keyBytes, from: start.keyBytes
            ) { key, frame in
                seen += 1
                next = key.index + 1
                if !record.description.retention.keeps(key.index) {
                    found.append((key, frame.location))
                }
                return seen < countMax && found.count < excess
            }
        }
        var gone = Usage()
        for (key, location) in found {
            try transaction.delete(frames, key)
            try release(location, in: transaction, changes)
            gone = gone + location.usage(count: 1)
        }
        sequence.frames = sequence.frames + -gone
        try changes.setSequence(of: job, sequence, in: transaction)
        try changes.countBoth(-gone, sequence.project, .frames, in: transaction)
        if !found.isEmpty { changes.note(ChangeRecord(.removed, .frames(job))) }
        guard seen == countMax, found.count < excess else { return false }
        var rest = removal
        rest.position = next
        try transaction.put(removals, RemovalKey(job), rest)
        return true
    }
}

extension FrameRetention {
    /// Whether a frame stays, whatever others there are.
    fileprivate func keeps(_ index: UInt64) -> Bool {
        switch self {
        case .untilComplete, .last: false
        case .all: true
        case .every(let number): index % UInt64(number) == 0
        }
    }
}
