// Unpacks the differences of one track, row by row. The bits may be anything.

/// One track on its way in: tables for its codes, and a place in its bits. Not thread-safe.
struct DifferenceReader {
    /// For each class above and the next 7 bits: the symbol × 16 + the bits it takes.
    private let classTable: Lane<UInt16>
    /// For each class from 1 on and the next 12 bits: the symbol × 16 + the bits it takes.
    private let table: Lane<UInt16>
    /// What the symbols of the classes 1 to 4 stand for.
    private let expansions: Expansions
    private let classes: Lane<UInt8>
    private let blockCount: Int

    /// The block of the row that comes next.
    private var block = 0
    private var input: Lane<UInt8>
    private var end = 0
    private var position = 0
    private var bits: UInt64 = 0
    private var bitCount: UInt64 = 0

    private static let classBits = SampleClasses.classLengthMax
    private static let tableBits = SampleClasses.differenceLengthMax

    static func scratchSize(blockCount: Int) -> (byteCount: Int, laneCount: Int) {
        (
            2 * SampleClasses.count << classBits + 2 * SampleClasses.count << tableBits
                + blockCount + 8, 3
        )
    }

    init(_ scratch: inout ScratchMemory, blockCount: Int, expansions: Expansions) {
        self.blockCount = blockCount
        self.expansions = expansions
        classTable = scratch.lane(SampleClasses.count << Self.classBits)
        table = scratch.lane(SampleClasses.count << Self.tableBits)
        classes = scratch.lane(blockCount + 8)
        input = classes
    }

    /// Takes over the code of one alphabet, the `number`-th of the track.
    func setCode(_ code: AlphabetCode, alphabet number: Int) {
        let isOfClasses = number < SampleClasses.count
        let bits = isOfClasses ? Self.classBits : Self.tableBits
        let target = isOfClasses ? classTable : table
        // The alphabets of differences begin with that of class 1.
        let start = (isOfClasses ? number : number - SampleClasses.count + 1) << bits
        switch code {
        case .unused: target.fill(start..<start + 1 << bits, with: 0)
        case .single(let symbol):
            target.fill(start..<start + 1 << bits, with: UInt16(symbol) << 4)
        case .lengths(let lengths):
            PrefixCode.forEachCode(lengths[...]) { symbol, code, length in
                let entry = UInt16(symbol) << 4 | UInt16(length)
                for place in stride(from: Int(code), to: 1 << bits, by: 1 << length) {
                    target[start + place] = entry
                }
            }
        }
    }

    /// Begins a band whose bits are the first `count` bytes of `input`; 8 more must be readable.
    mutating func beginBand(_ input: Lane<UInt8>, count: Int) {
        classes.fill(0..<blockCount, with: 0)
        self.input = input
        (end, position, bits, bitCount) = (count, 0, 0, 0)
    }

    /// Whether exactly the bytes of the band were used.
    var isAtEnd: Bool { (position * 8 - Int(bitCount) + 7) / 8 == end }

    /// Unpacks the next row of several tracks, up to whole blocks. Whatever the bits are, nothing is
    /// written beyond.
    ///
    /// The tracks take turns block by block: where one waits for its bits, the others go on.
    static func read(_ readers: inout [DifferenceReader], _ tracks: [Int], into rows: [Lane<UInt8>])
    {
        unsafe readers.withUnsafeMutableBufferPointer { readers in
            for track in tracks { unsafe readers[track].block = 0 }
            var isBusy = true
            while isBusy {
                isBusy = false
                for (index, track) in tracks.enumerated()
                where unsafe readers[track].block < readers[track].blockCount {
                    unsafe readers[track].readBlocks(into: rows[index])
                    isBusy = true
                }
            }
        }
    }

    /// Makes sure that there are at least 56 bits. Beyond the end they mean nothing, which shows in
    /// the end.
    @inline(__always)
    private mutating func refill() {
        let next = UInt64(littleEndian: input.load(UInt64.self, at: min(position, end)))
        bits |= next &<< bitCount
        position &+= Int(truncatingIfNeeded: (63 &- bitCount) >> 3)
        bitCount |= 56
    }

    @inline(__always)
    private mutating func take(_ entry: UInt16) -> Int {
        let count = UInt64(entry & 15)
        bits &>>= count
        bitCount &-= count
        return Int(entry >> 4)
    }

    /// The next symbol of a class.
    @inline(__always)
    private mutating func symbol(_ number: Int) -> Int {
        let mask = (UInt64(1) &<< UInt64(Self.tableBits)) &- 1
        return take(
            table[(number &<< Self.tableBits) | Int(truncatingIfNeeded: bits & mask)])
    }

    /// Unpacks the block at hand, or a run of blocks.
    @inline(__always)
    private mutating func readBlocks(into row: Lane<UInt8>) {
        refill()
        let above = Int(classes[block])
        let mask = (UInt64(1) &<< UInt64(Self.classBits)) &- 1
        let number = take(
            classTable[(above &<< Self.classBits) | Int(truncatingIfNeeded: bits & mask)])
        let start = block &* blockLength
        // Classes that are packed alike share code, so that few jumps have to be guessed.
        if UInt(bitPattern: number &- 1) < 2 {
            // 7 and 4 × 12 bits are 55.
            for index in 0..<4 {
                row.store(
                    expansions.quads[Expansions.place(number, symbol(number))],
                    at: start &+ 4 &* index)
            }
        } else if UInt(bitPattern: number &- 3) < 2 {
            for index in 0..<8 {
                if index == 4 { refill() }
                row.store(
                    expansions.pairs[Expansions.place(number, symbol(number))],
                    at: start &+ 2 &* index)
            }
        } else if UInt(bitPattern: number &- 5) < 3 {
            let limit = UInt8(
                truncatingIfNeeded: SampleClasses.limit(of: UInt8(truncatingIfNeeded: number)))
            readFour(number, limit, into: row, at: start)
            refill()
            readFour(number, limit, into: row, at: start &+ 4)
            refill()
            readFour(number, limit, into: row, at: start &+ 8)
            refill()
            readFour(number, limit, into: row, at: start &+ 12)
        } else {
            var run = 1
            if number == SampleClasses.zerosToEnd { run = blockCount &- block }
            if number == SampleClasses.eightZeros { run = min(8, blockCount &- block) }
            for index in block..<block &+ run {
                row.store(SIMD16<UInt8>(repeating: 0), at: index &* blockLength)
                classes[index] = 0
            }
            block &+= run
            return
        }
        classes[block] = UInt8(truncatingIfNeeded: number)
        block &+= 1
    }

    @inline(__always)
    private mutating func readFour(
        _ number: Int, _ limit: UInt8, into row: Lane<UInt8>, at start: Int
    ) {
        let first = UInt8(truncatingIfNeeded: symbol(number)) &- limit
        let second = UInt8(truncatingIfNeeded: symbol(number)) &- limit
        let third = UInt8(truncatingIfNeeded: symbol(number)) &- limit
        let fourth = UInt8(truncatingIfNeeded: symbol(number)) &- limit
        row.store(SIMD4(first, second, third, fourth), at: start)
    }
}

/// What the symbols of several differences stand for: bytes as they lie in the row.
struct Expansions {
    /// Of the classes 1 and 2.
    let quads: Lane<UInt32>
    /// Of the classes 3 and 4.
    let pairs: Lane<UInt16>

    // Symbols have 12 bits in the tables, so that is how many entries there are for each class.
    private static let placeCount = 2 << 12
    static let scratchSize = (byteCount: 6 * placeCount, laneCount: 2)

    /// Where a symbol of a class from 1 to 4 stands in its lane.
    @inline(__always) static func place(_ number: Int, _ symbol: Int) -> Int {
        ((number &- 1) & 1) &<< 12 | symbol
    }

    init(_ scratch: inout ScratchMemory) {
        quads = scratch.lane(Self.placeCount)
        pairs = scratch.lane(Self.placeCount)
        for number in 1...4 {
            let (limit, base) = (SampleClasses.limits[number], SampleClasses.bases[number])
            let count = SampleClasses.perSymbol[number]
            let symbolCount = SampleClasses.alphabets[SampleClasses.count + number - 1].count
            for symbol in 0..<symbolCount {
                var (rest, value) = (symbol, UInt32(0))
                for index in 0..<count {
                    let difference = UInt8(truncatingIfNeeded: rest % base - limit)
                    value |= UInt32(difference) << UInt32(8 * index)
                    rest /= base
                }
                let place = Self.place(number, symbol)
                if count == 4 {
                    quads[place] = value.littleEndian
                } else {
                    pairs[place] = UInt16(value).littleEndian
                }
            }
        }
    }
}
