// What the store is compared with: other ways to keep numbered blobs, as one would use them.

/// Something that keeps blobs under numbers. Not thread-safe, unless a peer says so.
protocol Peer {
    /// How rows call it.
    static var name: String { get }

    /// Begins with nothing in an empty directory.
    init(directory: String) throws

    /// Stores contents under their numbers, durably, with one commit for all of them.
    func put(_ indexes: Range<Int>, of payloads: Payloads) throws

    /// Lends what is stored under a number.
    func withBytes(_ index: Int, _ body: (RawSpan) -> Void) throws
}

extension Peer {
    /// Stores contents in groups of `groupCount`, each durable before the next begins.
    func put(_ indexes: Range<Int>, of payloads: Payloads, inGroupsOf groupCount: Int) throws {
        for start in stride(from: indexes.lowerBound, to: indexes.upperBound, by: groupCount) {
            try put(start..<min(start + groupCount, indexes.upperBound), of: payloads)
        }
    }

    /// The hash of what is stored under these numbers.
    func contentSum(_ indexes: some Sequence<Int>) throws -> ContentSum {
        var sum = ContentSum()
        for index in indexes { try withBytes(index) { sum.add(index, $0) } }
        return sum
    }
}

/// A number as 8 bytes whose order is the numbers' order.
func peerKey(_ index: Int) -> UInt64 { UInt64(index).bigEndian }
