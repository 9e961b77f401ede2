// What LMDB takes for granted of its pages: it has no checksums, and a page that is not what it
// expects ends the process.
//
// A page begins with its own number (8 bytes), two bytes of padding, its kind (2), and either where
// its free room begins and ends (2, 2) or how many pages it spans (4). In trees, places of nodes
// follow (2 each), in the order of their keys; nodes fill the page from its end. A node is two halves
// of a length (2, 2), flags (2), the key's length (2), the key, the value. In branches, length and
// flags are a child's number. A value too long for a page is the number of the first page that it
// spans. Numbers are those of the machine.

internal import Basics
internal import CLMDB
internal import Glibc
internal import Synchronization

/// The pages of one moment of an environment, held against each other. Belongs to one thread.
@safe struct PageCheck {
    /// A tree, as the header or a node of the main tree describes it.
    private struct Tree {
        var flags: UInt16
        var depth: Int
        var branchCount: UInt64
        var leafCount: UInt64
        var overflowCount: UInt64
        var entryCount: UInt64
        var root: UInt64

        static let byteCount = 48

        init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
            func word(_ number: Int) -> UInt64 {
                unsafe bytes.loadUnaligned(fromByteOffset: offset + 8 * number, as: UInt64.self)
            }
            unsafe flags = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
            depth = Int(unsafe bytes.loadUnaligned(fromByteOffset: offset + 6, as: UInt16.self))
            (branchCount, leafCount, overflowCount) = (word(1), word(2), word(3))
            (entryCount, root) = (word(4), word(5))
        }
    }

    private enum Kind {
        static let branch: UInt16 = 1
        static let leaf: UInt16 = 2
        static let overflow: UInt16 = 4
    }

    private enum NodeFlag {
        static let isLong: UInt16 = 1
        static let isTree: UInt16 = 2
    }

    private static let headerByteCount = 16
    private static let integerKeys = UInt16(MDB_INTEGERKEY)
    /// The header pages come first.
    private static let firstPage: UInt64 = 2

    private let bytes: UnsafeRawBufferPointer
    private let pageByteCount: Int
    private let path: String
    /// The pages that exist; some that are free may lie beyond the file's end.
    private let pageCount: UInt64
    /// The pages that something refers to, as bits.
    private var used: [UInt64]
    /// The names of the tables.
    private var tables: Set<[UInt8]> = []

    private init(
        _ bytes: UnsafeRawBufferPointer, pageByteCount: Int, pageCount: UInt64, path: String
    ) {
        unsafe self.bytes = bytes
        self.pageByteCount = pageByteCount
        self.pageCount = pageCount
        self.path = path
        used = [UInt64](repeating: 0, count: Int(pageCount / 64) + 1)
    }

    /// Checks the environment at the moment of transaction `number`, which must be held. Says `false`
    /// when others have committed twice meanwhile, and with that written over its header.
    ///
    /// - Parameters:
    ///   - pageCountMax: as many as LMDB maps: there can't be more.
    ///   - names: of the tables that are open: LMDB takes for granted that they stay.
    /// - Throws: ``AssetError/Code/damaged``, naming the page.
    /// - Complexity: O(pages).
    static func run(
        _ bytes: UnsafeRawBufferPointer, pageByteCount: Int, pageCountMax: Int,
        transaction number: UInt64, tables names: Set<String>, path: String
    ) throws(AssetError) -> Bool {
        // Of the two headers, which follow each other in turn, the one of this transaction.
        let start = Int(number % 2) * pageByteCount + headerByteCount
        guard start + 136 <= bytes.count else { throw damage(path, 0, "it is missing") }
        // Read once: others may write over it meanwhile.
        let header = unsafe Array(bytes[start..<start + 136])
        let (free, main, last, transaction) = unsafe header.withUnsafeBytes { header in
            unsafe (
                Tree(header, at: 24), Tree(header, at: 24 + Tree.byteCount),
                header.loadUnaligned(fromByteOffset: 120, as: UInt64.self),
                header.loadUnaligned(fromByteOffset: 128, as: UInt64.self)
            )
        }
        if transaction > number, (transaction - number).isMultiple(of: 2) { return false }
        guard transaction == number, last < UInt64(pageCountMax) else {
            throw damage(path, number % 2, "the header contradicts itself")
        }
        do throws(AssetError) {
            guard free.flags == integerKeys, main.flags == 0 else {
                throw damage(path, number % 2, "the header has other flags")
            }
            var check = unsafe PageCheck(
                bytes, pageByteCount: pageByteCount, pageCount: max(last + 1, firstPage),
                path: path)
            try check.walk(main, isMain: true)
            for name in names where !check.tables.contains(Array(name.utf8)) {
                throw damage(path, main.root, "the table \(name) is gone")
            }
            // Last, so that no page is both free and in use.
            try check.walk(free, isMain: false)
            return true
        } catch {
            // The pages of this moment stay; its header may have been written over while it was
            // read, so that its trees are another moment's. Its number, which is written last, was
            // still the old one then, and is not any more.
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            if unsafe !bytes[start..<start + 136].elementsEqual(header) { return false }
            throw error
        }
    }

    private static func damage(
        _ path: String, _ page: UInt64, _ reason: String
    ) -> AssetError {
        AssetError(
            .damaged,
            "\(path): page \(page) of the catalog is damaged (\(reason)); restore it from a backup, "
                + "or make a new store of the packs with “assetctl salvage”")
    }

    private func damage(_ page: UInt64, _ reason: String) -> AssetError {
        Self.damage(path, page, reason)
    }

    // MARK: Trees

    private struct Counts {
        var branches: UInt64 = 0
        var leaves: UInt64 = 0
        var overflows: UInt64 = 0
        var entries: UInt64 = 0
    }

    /// A key in the file.
    private typealias Key = Range<Int>

    private mutating func walk(_ tree: Tree, isMain: Bool) throws(AssetError) {
        if tree.root == .max {
            guard tree.depth == 0, tree.entryCount == 0 else {
                throw damage(0, "an empty tree has entries")
            }
            return
        }
        guard (1...32).contains(tree.depth) else {
            throw damage(tree.root, "its tree can't have a depth of \(tree.depth)")
        }
        var counts = Counts()
        try walk(
            tree.root, levelsBelow: tree.depth - 1, from: nil, to: nil, tree, isMain, &counts)
        guard counts.entries == tree.entryCount, counts.branches == tree.branchCount,
            counts.leaves == tree.leafCount, counts.overflows == tree.overflowCount
        else { throw damage(tree.root, "its tree is of another size than noted") }
    }

    private mutating func walk(
        _ page: UInt64, levelsBelow: Int, from first: Key?, to last: Key?, _ tree: Tree,
        _ isMain: Bool, _ counts: inout Counts
    ) throws(AssetError) {
        let isLeaf = levelsBelow == 0
        let base = try take(page, kind: isLeaf ? Kind.leaf : Kind.branch, count: 1)
        let (lower, upper) = (Int(half(base + 12)), Int(half(base + 14)))
        let count = (lower - Self.headerByteCount) / 2
        guard lower >= Self.headerByteCount, lower % 2 == 0, lower <= upper,
            upper <= pageByteCount, count >= (isLeaf ? 1 : 2)
        else { throw damage(page, "its room is wrong") }
        var previous: Key?
        var children: [(page: UInt64, key: Key)] = []
        var places: [Range<Int>] = []
        for index in 0..<count {
            let offset = Int(half(base + Self.headerByteCount + 2 * index))
            guard offset >= upper, offset % 2 == 0, offset + 8 <= pageByteCount else {
                throw damage(page, "a node lies outside")
            }
            let node = base + offset
            let keyByteCount = Int(half(node + 6))
            let key = node + 8..<node + 8 + keyByteCount
            guard keyByteCount <= 511, key.upperBound <= base + pageByteCount else {
                throw damage(page, "a key reaches beyond it")
            }
            let valueByteCount =
                !isLeaf
                ? 0
                : half(node + 4) == NodeFlag.isLong
                    ? 8 : Int(half(node)) | Int(half(node + 2)) << 16
            places.append(offset..<offset + (8 + keyByteCount + valueByteCount + 1) / 2 * 2)
            // The first key of a branch stands for all that are lower.
            if isLeaf || index > 0 {
                var isInOrder = true
                if let previous { isInOrder = try isLess(previous, key, tree, page) }
                if let first, try isLess(key, first, tree, page) { isInOrder = false }
                if let last, try !isLess(key, last, tree, page) { isInOrder = false }
                guard isInOrder else { throw damage(page, "its keys are out of order") }
                previous = key
            }
            if isLeaf {
                try checkValue(
                    node, behind: key, on: page, base + pageByteCount, tree, isMain, &counts)
            } else {
                let child =
                    UInt64(half(node)) | UInt64(half(node + 2)) << 16
                    | UInt64(half(node + 4)) << 32
                children.append((child, key))
            }
        }
        // LMDB moves nodes by their sizes: they fill the page from its end without a gap.
        var end = upper
        for place in places.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard place.lowerBound == end else { throw damage(page, "its nodes leave gaps") }
            end = place.upperBound
        }
        guard end == pageByteCount else { throw damage(page, "its nodes don't fill it") }
        if isLeaf {
            counts.leaves += 1
            counts.entries += UInt64(count)
            return
        }
        counts.branches += 1
        for (index, child) in children.enumerated() {
            try walk(
                child.page, levelsBelow: levelsBelow - 1, from: index == 0 ? first : child.key,
                to: index + 1 < children.count ? children[index + 1].key : last, tree, isMain,
                &counts)
        }
    }

    private mutating func checkValue(
        _ node: Int, behind key: Key, on page: UInt64, _ pageEnd: Int, _ tree: Tree,
        _ isMain: Bool, _ counts: inout Counts
    ) throws(AssetError) {
        let byteCount = Int(half(node)) | Int(half(node + 2)) << 16
        let flags = half(node + 4)
        var value = key.upperBound..<key.upperBound + byteCount
        if flags == NodeFlag.isLong {
            guard key.upperBound + 8 <= pageEnd else { throw damage(page, "a value is cut off") }
            let needed = (Self.headerByteCount - 1 + byteCount) / pageByteCount + 1
            let first = word(key.upperBound)
            let base = try takeLong(first, needed: needed, &counts)
            value = base + Self.headerByteCount..<base + Self.headerByteCount + byteCount
        } else {
            guard flags == 0 || isMain && flags == NodeFlag.isTree, value.upperBound <= pageEnd
            else { throw damage(page, "a value reaches beyond it") }
        }
        if flags == NodeFlag.isTree {
            guard byteCount == Tree.byteCount else { throw damage(page, "a table is none") }
            let table = unsafe Tree(bytes, at: value.lowerBound)
            guard table.flags == 0 else { throw damage(page, "a table has other flags") }
            tables.insert(unsafe Array(bytes[key]))
            try walk(table, isMain: false)
        }
        if tree.flags == Self.integerKeys { try takeFree(value, on: page) }
    }

    /// A list of free pages: their count, then their numbers, the highest first.
    private mutating func takeFree(_ list: Range<Int>, on page: UInt64) throws(AssetError) {
        guard list.count >= 8 else { throw damage(page, "a list of free pages is none") }
        let count = word(list.lowerBound)
        guard count < 1 << 32, 8 * (Int(count) + 1) <= list.count else {
            throw damage(page, "a list of free pages reaches beyond its end")
        }
        var above = pageCount
        for index in 0..<Int(count) {
            let free = word(list.lowerBound + 8 * (index + 1))
            guard free >= Self.firstPage, free < above, mark(free) else {
                throw damage(page, "it calls a page free that isn't")
            }
            above = free
        }
    }

    // MARK: Pages

    /// Takes pages that follow each other for one thing, and says where they begin in the file.
    private mutating func take(
        _ page: UInt64, kind: UInt16, count: Int
    ) throws(AssetError) -> Int {
        guard page >= Self.firstPage, page < pageCount, UInt64(count) <= pageCount - page,
            unsafe (Int(page) + count) * pageByteCount <= bytes.count
        else { throw damage(page, "it is not in the file") }
        for number in page..<page + UInt64(count) {
            guard mark(number) else { throw damage(number, "it is used twice") }
        }
        let base = Int(page) * pageByteCount
        guard word(base) == page, half(base + 10) == kind else {
            throw damage(page, "it is another page")
        }
        return base
    }

    /// Takes the pages of a long value. They may be more than it needs: it may have replaced one
    /// that was longer.
    private mutating func takeLong(
        _ page: UInt64, needed: Int, _ counts: inout Counts
    ) throws(AssetError) -> Int {
        guard page >= Self.firstPage, page < pageCount,
            unsafe (Int(page) + 1) * pageByteCount <= bytes.count
        else { throw damage(page, "it is not in the file") }
        let base = Int(page) * pageByteCount
        let count = Int(half(base + 12)) | Int(half(base + 14)) << 16
        guard count >= needed else { throw damage(page, "it spans too few pages") }
        counts.overflows += UInt64(count)
        return try take(page, kind: Kind.overflow, count: count)
    }

    /// Notes that a page is used; says whether it was not before.
    private mutating func mark(_ page: UInt64) -> Bool {
        let bit: UInt64 = 1 << (page % 64)
        defer { used[Int(page / 64)] |= bit }
        return used[Int(page / 64)] & bit == 0
    }

    private func isLess(
        _ left: Key, _ right: Key, _ tree: Tree, _ page: UInt64
    ) throws(AssetError) -> Bool {
        if tree.flags == Self.integerKeys {
            guard left.count == 8, right.count == 8 else {
                throw damage(page, "a key is no number")
            }
            return word(left.lowerBound) < word(right.lowerBound)
        }
        let order = unsafe memcmp(
            bytes.baseAddress! + left.lowerBound, bytes.baseAddress! + right.lowerBound,
            min(left.count, right.count))
        return order == 0 ? left.count < right.count : order < 0
    }

    private func half(_ offset: Int) -> UInt16 {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    }

    private func word(_ offset: Int) -> UInt64 {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
