// One file, as a disk may have it when the power goes.

/// What is surely on the disk of a file, and what may be.
struct DiskFile {
    enum Change {
        case write(offset: Int, data: Range<Int>)
        case truncate(Int)
        case allocate(end: Int)
        case punch(Range<Int>)

        var isData: Bool { if case .write = self { true } else { false } }
    }

    /// A change, from the moment when it began.
    struct Piece {
        var change: Change
        var call: UInt64
        var hasEnded = false
        /// On the disk when its call returned.
        var isWrittenThrough: Bool
        var isDurable = false
        /// A sync of it failed: the kernel forgot that it was to be written, and no later sync makes
        /// it durable.
        var isLost = false
    }

    /// The durable bytes; those from here to ``length`` are zero.
    private(set) var bytes: [UInt8] = []
    private(set) var length = 0
    /// What came later, in order. Some of it may be durable already.
    private(set) var pieces: [Piece] = []
    /// Whether it is written to through memory: nothing is known of when that reaches the disk.
    var isMapped = false

    /// How many pieces may follow one that is lost before it is decided whether it is there.
    private static let lostCountMax = 24

    mutating func begin(_ change: Change, call: UInt64, isWrittenThrough: Bool) {
        pieces.append(Piece(change: change, call: call, isWrittenThrough: isWrittenThrough))
    }

    /// Notes that the call returned. Says whether anything became durable.
    mutating func end(_ call: UInt64, result: Int, trace: [UInt8]) -> Bool {
        guard let index = pieces.lastIndex(where: { $0.call == call }) else { return false }
        if result < 0 {
            pieces.remove(at: index)
            return false
        }
        if case .write(let offset, let data) = pieces[index].change, result < data.count {
            let done = data.lowerBound..<data.lowerBound + result
            pieces[index].change = .write(offset: offset, data: done)
        }
        pieces[index].hasEnded = true
        guard pieces[index].isWrittenThrough else { return false }
        pieces[index].isDurable = true
        // Lengths and allocations are in one journal: none is overtaken by a later one.
        for earlier in pieces[..<index].indices
        where !pieces[earlier].change.isData && pieces[earlier].hasEnded {
            pieces[earlier].isDurable = true
        }
        fold(trace)
        return true
    }

    /// The calls that a sync which begins now covers.
    var covered: Set<UInt64> {
        Set(pieces.filter { $0.hasEnded && !$0.isDurable && !$0.isLost }.map(\.call))
    }

    mutating func synchronize(_ covered: Set<UInt64>, hasFailed: Bool, trace: [UInt8]) {
        for index in pieces.indices where covered.contains(pieces[index].call) {
            if hasFailed {
                pieces[index].isLost = pieces[index].change.isData
            } else {
                pieces[index].isDurable = true
            }
        }
        fold(trace)
    }

    /// Puts what is durable, and has nothing doubtful before it, into the durable bytes.
    private mutating func fold(_ trace: [UInt8]) {
        var count = 0
        while count < pieces.count, pieces[count].hasEnded {
            let piece = pieces[count]
            // What a sync lost is in doubt for a while, and then it isn't, by chance.
            let isDecided = piece.isLost && pieces.count - count > Self.lostCountMax
            guard piece.isDurable || isDecided else { break }
            if piece.isDurable || piece.call % 2 == 0 { apply(piece.change, trace) }
            count += 1
        }
        pieces.removeFirst(count)
    }

    private mutating func apply(_ change: Change, _ trace: [UInt8]) {
        switch change {
        case .write(let offset, let data):
            let end = offset + data.count
            if end > bytes.count {
                bytes.append(contentsOf: repeatElement(0, count: end - bytes.count))
            }
            bytes.replaceSubrange(offset..<end, with: trace[data])
            length = max(length, end)
        case .truncate(let count):
            if count < bytes.count { bytes.removeLast(bytes.count - count) }
            length = count
        case .allocate(let end): length = max(length, end)
        case .punch(let range):
            let range = range.clamped(to: 0..<bytes.count)
            bytes.replaceSubrange(range, with: repeatElement(0, count: range.count))
        }
    }
}
