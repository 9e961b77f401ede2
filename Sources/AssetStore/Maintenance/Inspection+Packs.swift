// What is held against what: the live ranges, free ranges and holes of packs.

internal import Basics
internal import LMDB

extension Inspection {
    func inspectPacks(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        var (start, count) = (piece.start, 0)
        while let pack = try catalog.firstPack(from: start, in: transaction) {
            guard count < piece.countMax else { return start }
            count += 1
            try inspect(pack, in: transaction)
            guard pack.number < .max else { return nil }
            start = PackID(number: pack.number + 1).keyBytes
        }
        return nil
    }

    func inspectOpenPacks(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.openPacks, piece, in: transaction) { id, _ in
            if try transaction.get(catalog.packs, id)?.state == .open { return }
            dismiss(id, of: catalog.openPacks, "the index of open packs", id)
        }
    }

    private func inspect(
        _ id: PackID, in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        let name = "pack \(id)"
        let ranges = try PackRanges(of: id, self, in: transaction)
        guard var record = try transaction.get(catalog.packs, id) else {
            return note(name, nil, "its record is gone") { [catalog] transaction, _ in
                let end = max(ranges.liveEnd, UInt64(PackHeader.byteCount))
                // What lies between is swept when it is known that nobody writes to it.
                try transaction.put(
                    catalog.packs, id,
                    PackRecord(
                        state: .sealed, capacity: max(end, UInt64(Packs.capacity)),
                        committedEnd: end, isSwept: false))
            }
        }
        if record.state == .open {
            try require(
                id, in: catalog.openPacks, name, "the index of open packs does not list it",
                transaction)
        }
        if ranges.liveEnd > record.committedEnd {
            record.committedEnd = ranges.liveEnd
            let mended = record
            note(name, nil, "it is said to end before its last payload") {
                [catalog] transaction, _ in
                try transaction.put(catalog.packs, id, mended)
            }
        }
        if ranges.hasOverlap { note(name, nil, "ranges that are held overlap") }
        for key in ranges.heldInVain {
            note(name, nil, "the range at \(key.offset) is held in vain") {
                [catalog] transaction, _ in
                try transaction.delete(catalog.extents, key)
            }
        }
        inspectGivenUp(ranges, record, name)
    }

    /// Free ranges and holes where there should be none, and bytes that are in no table.
    private func inspectGivenUp(_ ranges: PackRanges, _ record: PackRecord, _ name: String) {
        var free = RangeSet()
        for (range, freedBy) in ranges.free {
            let rest = max(range.lowerBound, free.end)..<max(range.upperBound, free.end)
            let pieces = ranges.live.remainder(of: rest, below: record.committedEnd)
            for piece in pieces { free.append(piece) }
            if pieces == [range] { continue }
            let key = ExtentKey(pack: ranges.pack, offset: range.lowerBound)
            note(name, nil, "the free range at \(key.offset) overlaps another") {
                [catalog] transaction, _ in
                try transaction.delete(catalog.freeRanges, key)
                for piece in pieces {
                    try transaction.put(
                        catalog.freeRanges, ExtentKey(pack: key.pack, offset: piece.lowerBound),
                        FreeRangeRecord(byteCount: UInt64(piece.count), freedBy: freedBy))
                }
            }
        }
        var (known, holes) = (ranges.live.union(free), RangeSet())
        for hole in ranges.holes {
            let rest = max(hole.lowerBound, holes.end)..<max(hole.upperBound, holes.end)
            let pieces = known.remainder(of: rest, below: record.committedEnd)
            for piece in pieces { holes.append(piece) }
            if pieces == [hole] { continue }
            let key = ExtentKey(pack: ranges.pack, offset: hole.lowerBound)
            note(name, nil, "the hole at \(key.offset) overlaps another range") {
                [catalog] transaction, _ in
                try transaction.delete(catalog.holes, key)
                for piece in pieces {
                    try transaction.put(
                        catalog.holes, ExtentKey(pack: key.pack, offset: piece.lowerBound),
                        HoleRecord(byteCount: UInt64(piece.count)))
                }
            }
        }
        known = known.union(holes)
        // In a pack that was not swept, what is in no table may be on its way into one.
        let start = UInt64(PackHeader.byteCount)
        let settled = record.isSwept ? [start..<max(start, record.committedEnd)] : ranges.vain
        for gap in settled.flatMap({ known.remainder(of: $0, below: record.committedEnd) }) {
            let key = ExtentKey(pack: ranges.pack, offset: gap.lowerBound)
            note(name, nil, "the \(gap.count) bytes at \(gap.lowerBound) are in no table") {
                _, changes in
                changes.free(key, byteCount: UInt64(gap.count))
            }
        }
    }
}

/// The ranges of one pack, as the catalog has them.
private struct PackRanges {
    let pack: PackID
    /// Those that are held for something, as a whole.
    var live = RangeSet()
    var liveEnd: UInt64 = 0
    var hasOverlap = false
    /// Those that are held for something that is not there.
    var heldInVain: [ExtentKey] = []
    var vain: [Range<UInt64>] = []
    var free: [(range: Range<UInt64>, freedBy: UInt64)] = []
    var holes: [Range<UInt64>] = []

    init(
        of id: PackID, _ inspection: Inspection,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        pack = id
        let catalog = inspection.catalog
        try transaction.scan(catalog.extents, prefix: id.keyBytes) { key, extent in
            let range = key.offset..<key.offset + extent.byteCount
            if inspection.inspectsHolders,
                try !inspection.isHeld(key, extent, in: transaction)
            {
                heldInVain.append(key)
                vain.append(range)
                return true
            }
            hasOverlap = hasOverlap || range.lowerBound < liveEnd
            liveEnd = max(liveEnd, range.upperBound)
            live.append(range)
            return true
        }
        try transaction.scan(catalog.freeRanges, prefix: id.keyBytes) { key, record in
            free.append((key.offset..<key.offset + record.byteCount, record.freedBy))
            return true
        }
        try transaction.scan(catalog.holes, prefix: id.keyBytes) { key, record in
            holes.append(key.offset..<key.offset + record.byteCount)
            return true
        }
    }
}

extension Inspection {
    /// Whether a range is held for something that is there, or that may be.
    fileprivate func isHeld(
        _ key: ExtentKey, _ extent: ExtentRecord,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Bool {
        let location = try catalog.payload(of: extent.owner, in: transaction).0
        if let location { return location.extent == key }
        let content = ContentID(high: extent.owner.high, low: extent.owner.low)
        return extent.owner.kind == .part && doubtedContents.contains(content)
    }
}

extension Catalog {
    /// The first pack, from a key on, that has a record or of which a range is known.
    fileprivate func firstPack(
        from start: [UInt8], in transaction: borrowing some Transaction & ~Copyable
    ) throws -> PackID? {
        var first: PackID?
        func look(_ pack: PackID) -> Bool {
            first = min(first ?? pack, pack)
            return false
        }
        try transaction.scan(packs, from: start) { id, _ in look(id) }
        try transaction.scan(extents, from: start) { key, _ in look(key.pack) }
        try transaction.scan(freeRanges, from: start) { key, _ in look(key.pack) }
        try transaction.scan(holes, from: start) { key, _ in look(key.pack) }
        return first
    }
}
