// What zstd may be told besides the level.

/// How zstd looks for matches and packs what it doesn't match.
///
/// What is `nil` follows from the level and the number of bytes. The same options, bytes and version
/// of libzstd give the same frame.
package struct ZstdOptions: Sendable, Equatable {
    /// What becomes of bytes without a match.
    package enum Literals: Sendable, CaseIterable {
        /// Huffman-coded from level 1 on, stored as they are below.
        case automatic
        /// Huffman-coded at every level. What filtered pictures want at a negative level: hardly
        /// any search for matches, all gain by entropy.
        case huffman
        /// Stored as they are.
        case uncompressed
    }

    /// How matches are looked for, from fast to strong. Raw values are those of `ZSTD_strategy`.
    package enum Strategy: Int32, Sendable, CaseIterable {
        case fast = 1
        case doubleFast, greedy, lazy, lazy2, binaryTreeLazy2, binaryTreeOptimal
        case binaryTreeUltra, binaryTreeUltra2
    }

    /// `ZSTD_c_literalCompressionMode`.
    package var literals = Literals.automatic
    /// `ZSTD_c_strategy`.
    package var strategy: Strategy?
    /// The shortest match, 3…7 bytes; `ZSTD_c_minMatch`.
    package var minMatch: Int?
    /// The binary logarithm of the distance that matches may reach back, 10…27;
    /// `ZSTD_c_windowLog`. It also bounds the compressor's memory.
    package var windowLog: Int?
    /// The binary logarithm of the entries of the table of matches, 6…27; `ZSTD_c_hashLog`.
    package var hashLog: Int?
    /// What it means depends on the strategy; for ``Strategy/fast`` the step of the search.
    /// `ZSTD_c_targetLength`.
    package var targetLength: Int?

    /// What the level says.
    package init() {}

    /// Choices for what differs from the level's.
    package init(
        literals: Literals = .automatic, strategy: Strategy? = nil, minMatch: Int? = nil,
        windowLog: Int? = nil, hashLog: Int? = nil, targetLength: Int? = nil
    ) {
        self.literals = literals
        self.strategy = strategy
        self.minMatch = minMatch
        self.windowLog = windowLog
        self.hashLog = hashLog
        self.targetLength = targetLength
    }
}
