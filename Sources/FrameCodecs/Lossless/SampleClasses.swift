// How differences become symbols.
//
// A block of 16 differences belongs to a class by the largest of them. Most blocks hold nothing but
// small ones, so four or two are packed into one symbol: fewer symbols to look up, codes that take
// less than a bit per sample, and what neighbours have in common is used. The class of the block
// above says what to expect of a block's class.

/// One alphabet of a track: symbols that share a prefix code.
struct Alphabet {
    /// The first symbol's place among all symbols of the track.
    var offset: Int
    /// How many symbols.
    var count: Int
    /// The most bits of a code.
    var lengthMax: Int
}

/// The classes of blocks and their alphabets.
enum SampleClasses {
    /// Classes by the largest difference, either way: 0, 1, 2, 3, 7, 15, 31, 128.
    static let count = 8
    /// The symbols of classes: the classes themselves, and two for runs.
    static let symbolCount = 10
    /// This block and all others of the row are of class 0.
    static let zerosToEnd = 8
    /// This block and the 7 after it are of class 0.
    static let eightZeros = 9

    /// The largest difference of each class.
    static let limits = [0, 1, 2, 3, 7, 15, 31, 128]
    /// How many differences a symbol of the class holds; none for class 0.
    static let perSymbol = [0, 4, 4, 2, 2, 1, 1, 1]
    /// The digits of a symbol are of this base.
    static let bases = [0, 3, 5, 7, 15, 31, 63, 256]

    /// Places of symbols before the first alphabet of differences: one alphabet of classes for each
    /// class that the block above may have, at multiples of 16.
    static let differencesOffset = 16 * count
    static let classLengthMax = 7
    static let differenceLengthMax = 12

    /// The alphabets of a track: for the class after each class, then for each class from 1 on.
    static let alphabets: [Alphabet] = {
        var alphabets = (0..<count).map {
            Alphabet(offset: 16 * $0, count: symbolCount, lengthMax: classLengthMax)
        }
        var offset = differencesOffset
        for number in 1..<count {
            let size = (0..<perSymbol[number]).reduce(1) { size, _ in size * bases[number] }
            alphabets.append(
                Alphabet(offset: offset, count: size, lengthMax: differenceLengthMax))
            offset += size
        }
        return alphabets
    }()
    /// How many places all alphabets take.
    static let placeCount = differencesOffset + 81 + 625 + 49 + 225 + 31 + 63 + 256
}
