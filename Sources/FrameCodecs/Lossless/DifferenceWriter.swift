// Packs the differences of one track, row by row: counts symbols, or writes their codes.

/// One track on its way out: its codes, its statistics, and the bits of the band at hand. Not
/// thread-safe.
///
/// A row is given as bytes that are signed differences, filled up with zeros to whole blocks.
struct DifferenceWriter {
    /// How often symbols occurred, by place.
    private let frequencies: Lane<UInt32>
    /// Codes by place: the bits, and above 16 their number.
    private let codes: Lane<UInt32>
    /// The classes of the row at hand and of the row above.
    private var classes: Lane<UInt8>
    private var classesAbove: Lane<UInt8>
    /// Where the alphabet of each class begins among the places.
    private let offsets: Lane<Int32>
    private let output: Lane<UInt8>
    private let blockCount: Int

    /// Bytes that are written and complete.
    private var position = 0
    /// Bits that are not yet written.
    private var bits: UInt64 = 0
    private var bitCount: UInt64 = 0

    /// Bytes that a row of one block can take at most: 7 bits for the class, 12 for each sample.
    private static let blockByteCountMax = (SampleClasses.classLengthMax + 12 * blockLength + 7) / 8

    /// Scratch memory that a writer takes, in bytes and lanes.
    static func scratchSize(blockCount: Int, rows: Int) -> (byteCount: Int, laneCount: Int) {
        (
            8 * SampleClasses.placeCount + 2 * blockCount + 16
                + blockCount * rows * blockByteCountMax + 16 + 4 * SampleClasses.count, 6
        )
    }

    init(_ scratch: inout ScratchMemory, blockCount: Int, rows: Int) {
        self.blockCount = blockCount
        frequencies = scratch.lane(SampleClasses.placeCount)
        codes = scratch.lane(SampleClasses.placeCount)
        offsets = scratch.lane(SampleClasses.count)
        for number in 1..<SampleClasses.count {
            offsets[number] = Int32(
                SampleClasses.alphabets[SampleClasses.count + number - 1].offset)
        }
        classes = scratch.lane(blockCount + 8)
        classesAbove = scratch.lane(blockCount + 8)
        output = scratch.lane(blockCount * rows * Self.blockByteCountMax + 16)
    }

    // MARK: Classes

    /// Finds the class of each block of a row, and returns about how many bits the row takes.
    @inline(__always)
    mutating func classify(_ row: Lane<UInt8>) -> Int {
        let table = SampleClasses.classOfBits
        var cost = 0
        for block in 0..<blockCount {
            let vector = row.vector(at: block &* blockLength)
            let magnitudes = smaller(vector, 0 &- vector)
            let halves = unsafe unsafeBitCast(magnitudes, to: SIMD2<UInt64>.self)
            let (low, high) = (halves[0], halves[1])
            // All magnitudes in one: the highest bit is that of the largest.
            var all = low | high
            all |= all >> 32
            all |= all >> 16
            all |= all >> 8
            let bitWidth = 64 &- (all & 0xFF).leadingZeroBitCount
            // 3 is told from 2 by a magnitude that has both low bits.
            let threes = (low & low >> 1 | high & high >> 1) & 0x0101_0101_0101_0101
            var number = UInt8(
                truncatingIfNeeded: table &>> UInt64(truncatingIfNeeded: bitWidth &* 4) & 15)
            if bitWidth == 2 && threes != 0 { number = 3 }
            classes[block] = number
            cost &+= SampleClasses.cost(of: number)
        }
        return cost
    }

    // MARK: Counting

    /// Forgets what was counted.
    mutating func resetCounts() { frequencies.fill(0..<SampleClasses.placeCount, with: 0) }

    /// Counts the symbols of a row that was classified.
    ///
    /// - Parameter knowsAbove: whether the row above was counted just before, or the band begins
    ///   here. Without it the classes' symbols are not counted.
    mutating func count(_ row: Lane<UInt8>, knowsAbove: Bool) {
        if knowsAbove { countClasses() }
        let frequencies = frequencies
        for block in 0..<blockCount {
            let number = classes[block]
            if number == 0 { continue }
            let limit = SampleClasses.limit(of: number)
            let counts = frequencies.moved(to: Int(offsets[Int(number)]))
            for half in 0..<2 {
                let word = UInt64(
                    littleEndian: row.load(UInt64.self, at: block &* blockLength &+ half &* 8))
                if number <= 2 {
                    let quads = SymbolWords.quads(word, limit: limit)
                    counts[Int(truncatingIfNeeded: quads & 0xFFFF)] &+= 1
                    counts[Int(truncatingIfNeeded: quads >> 32)] &+= 1
                } else if number <= 4 {
                    var pairs = SymbolWords.pairs(word, limit: limit)
                    for _ in 0..<4 {
                        counts[Int(truncatingIfNeeded: pairs & 0xFFFF)] &+= 1
                        pairs >>= 16
                    }
                } else {
                    var singles = SymbolWords.singles(word, limit: limit)
                    for _ in 0..<8 {
                        counts[Int(truncatingIfNeeded: singles & 0xFF)] &+= 1
                        singles >>= 8
                    }
                }
            }
        }
        swap(&classes, &classesAbove)
    }

    /// Counts what another writer of the same track counted.
    func add(_ other: DifferenceWriter) {
        for place in 0..<SampleClasses.placeCount {
            frequencies[place] &+= other.frequencies[place]
        }
    }

    /// Takes the codes of another writer of the same track.
    func adoptCodes(of other: DifferenceWriter) {
        codes.copy(SampleClasses.placeCount, of: other.codes, from: 0, to: 0)
    }

    /// Makes the codes from what was counted.
    ///
    /// - Parameter isSample: whether there may be symbols that were not counted: then each gets a
    ///   code.
    mutating func makeCodes(isSample: Bool) -> [AlphabetCode] {
        SampleClasses.alphabets.map { alphabet in
            let counted = (0..<alphabet.count).map { symbol in
                let frequency = frequencies[alphabet.offset + symbol]
                return isSample ? frequency * 8 + 1 : frequency
            }
            let code = AlphabetCode(counted, lengthMax: alphabet.lengthMax)
            switch code {
            case .unused: break
            case .single(let symbol): codes[alphabet.offset + symbol] = 0
            case .lengths(let lengths):
                PrefixCode.forEachCode(lengths[...]) { symbol, code, length in
                    codes[alphabet.offset + symbol] = code | UInt32(length) << 16
                }
            }
            return code
        }
    }

    // MARK: Writing

    /// Begins a band: nothing is above its first row.
    mutating func beginBand() {
        classesAbove.fill(0..<blockCount, with: 0)
        (position, bits, bitCount) = (0, 0, 0)
    }

    /// Writes a row that was classified.
    mutating func write(_ row: Lane<UInt8>) {
        var sink = BitSink(output: output, position: position, bits: bits, bitCount: bitCount)
        let (codes, classes, classesAbove, blockCount) = (codes, classes, classesAbove, blockCount)
        let ends = endOfNonzero()
        var block = 0
        while block < blockCount {
            let above = Int(classesAbove[block]) << 4
            let number = classes[block]
            if number == 0 {
                if block >= ends {
                    sink.put(codes[above + SampleClasses.zerosToEnd])
                    sink.flush()
                    break
                }
                if classes.load(UInt64.self, at: block) == 0 {
                    sink.put(codes[above + SampleClasses.eightZeros])
                    block &+= 8
                } else {
                    sink.put(codes[above])
                    block &+= 1
                }
                sink.flush()
                continue
            }
            sink.put(codes[above &+ Int(number)])
            let start = block &* blockLength
            let low = UInt64(littleEndian: row.load(UInt64.self, at: start))
            let high = UInt64(littleEndian: row.load(UInt64.self, at: start &+ 8))
            // Classes that pack alike share code, so that few jumps have to be guessed.
            let limit = SampleClasses.limit(of: number)
            let codes = codes.moved(to: Int(offsets[Int(number)]))
            if number <= 2 {
                sink.putQuads(
                    SymbolWords.quads(low, limit: limit), SymbolWords.quads(high, limit: limit),
                    codes)
            } else if number <= 4 {
                sink.putFour(SymbolWords.pairs(low, limit: limit), codes)
                sink.putFour(SymbolWords.pairs(high, limit: limit), codes)
            } else {
                sink.putSingles(SymbolWords.singles(low, limit: limit), codes)
                sink.putSingles(SymbolWords.singles(high, limit: limit), codes)
            }
            block &+= 1
        }
        (position, bits, bitCount) = (sink.position, sink.bits, sink.bitCount)
        swap(&self.classes, &self.classesAbove)
    }

    /// Ends a band and returns how many bytes it took.
    mutating func endBand() -> Int {
        output.store(bits.littleEndian, at: position)
        return position + Int((bitCount + 7) / 8)
    }

    /// Appends the first `count` bytes of the band to `bytes`.
    func append(_ count: Int, to bytes: inout [UInt8]) { output.append(count, to: &bytes) }

    // MARK: Symbols

    /// The first block from which on all are zero.
    private func endOfNonzero() -> Int {
        var end = blockCount
        while end > 0 && classes[end - 1] == 0 { end -= 1 }
        // A run of eight must not reach beyond the row.
        classes.store(UInt64.max, at: blockCount)
        return end
    }

    /// Counts the symbols that say the classes of a row.
    private func countClasses() {
        let ends = endOfNonzero()
        var block = 0
        while block < blockCount {
            let above = Int(classesAbove[block]) << 4
            if block >= ends {
                frequencies[above + SampleClasses.zerosToEnd] &+= 1
                return
            }
            if classes.load(UInt64.self, at: block) == 0 {
                frequencies[above + SampleClasses.eightZeros] &+= 1
                block += 8
            } else {
                frequencies[above + Int(classes[block])] &+= 1
                block += 1
            }
        }
    }
}

extension SampleClasses {
    /// The class by the number of bits of the largest magnitude, 4 bits each; 2 bits are class 2.
    static let classOfBits: UInt64 = 0x7_7765_4210

    /// The largest difference of a class, as it is added to differences.
    @inline(__always) static func limit(of number: UInt8) -> UInt64 {
        0x801F_0F07_0302_0100 &>> (UInt64(number) &* 8) & 0xFF
    }

    /// About how many bits a block of a class takes: what predictors are compared by.
    @inline(__always) static func cost(of number: UInt8) -> Int {
        // 8 bits each, in a word: a table in memory would have to be checked and fetched.
        Int(0x745C_4C3A_2821_1401 as UInt64 &>> (UInt64(number) &* 8) & 0xFF)
    }
}
