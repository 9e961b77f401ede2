// Pack files whose catalog is lost: they are scanned, and stores are salvaged from them.
//
// The first byte says how: whether checksums are put right first, which chance would never hit;
// whether pages of zeros are holes; and whether a store is salvaged, which takes a hundred times as
// long as scanning. The others stand behind the pack's first page.

internal import AssetStore
internal import Basics

extension Door {
    package static let packs = Door(
        name: "packs", byteCountMax: 16 << 10, secondsMax: 20, memoryMebibytesMax: 1024,
        open: {
            let visit = try PackVisit()
            return { try visit.enter($0) }
        }, seeds: PackSeeds.all)
}

/// The first byte of what goes through the door.
struct PackManner: OptionSet {
    let rawValue: UInt8

    static let rightChecksums = PackManner(rawValue: 1)
    static let holes = PackManner(rawValue: 2)
    static let salvaging = PackManner(rawValue: 4)
}

private final class PackVisit {
    private let workplace: Workplace

    init() throws {
        workplace = try Workplace()
        for name in ["store", "store/packs"] { try FileSystem.makeDirectory(workplace.file(name)) }
    }

    private static let packName = "store/packs/0000000000000001.pack"
    private static let start = PackHeader.byteCount

    func enter(_ bytes: [UInt8]) throws -> Verdict {
        guard let first = bytes.first else { return .refused }
        let manner = PackManner(rawValue: first)
        var records = Array(bytes.dropFirst())
        if manner.contains(.rightChecksums) { records.setRightChecksums() }
        try decode(records)
        let pack = [UInt8](repeating: 0, count: Self.start) + records
        try write(pack, leavingHoles: manner.contains(.holes))
        let count = try scan(pack)
        if manner.contains(.salvaging) { try salvage() }
        return count > 0 ? .accepted : .refused
    }

    /// Reads the beginning as whatever it may be.
    private func decode(_ bytes: [UInt8]) throws {
        let header = try unlessRefused(.damaged, by: "a pack's header") {
            try unsafe PackHeader(decoding: bytes.span.bytes)
        }
        if let header {
            let again = try unsafe PackHeader(decoding: header.encoded().span.bytes)
            try promise(again == header, "a pack's header changed")
        }
        let described = bytes.dropFirst(RecordHeader.byteCount)
        _ = try unlessRefused(.damaged, by: "a description") {
            try unsafe RecordDescription(decoding: Array(described).span.bytes)
        }
    }

    private func write(_ pack: [UInt8], leavingHoles: Bool) throws {
        let file = try File(workplace.file(Self.packName), [.write, .create, .truncate])
        guard leavingHoles else { return try unsafe file.write(pack.span.bytes, at: 0) }
        try file.truncate(to: pack.count)
        for page in stride(from: 0, to: pack.count, by: 4096) {
            let page = page..<min(page + 4096, pack.count)
            guard pack[page].contains(where: { $0 != 0 }) else { continue }
            try unsafe file.write(pack.span.bytes.extracting(page), at: page.lowerBound)
        }
    }

    /// Scans the pack and holds what is found against its bytes; says how many records there are.
    private func scan(_ pack: [UInt8]) throws -> Int {
        let file = try File(workplace.file(Self.packName))
        guard var scanner = try PackScanner(file) else { return 0 }
        try promise(scanner.byteCount == pack.count, "a pack of \(scanner.byteCount) bytes")
        var (last, findingCount, recordCount) = (0, 0, 0)
        try scanner.scan(
            { finding in
                findingCount += 1
                switch finding {
                case .givenBack(let header): try check(header)
                case .damaged(let header, let offset):
                    try check(header)
                    try promise(offset > last && offset % 64 == 0, "damage at \(offset)")
                    last = offset
                case .record(let header, let offset, let description):
                    recordCount += 1
                    try check(header)
                    try promise(
                        offset > last && offset >= Self.start && offset % 64 == 0,
                        "a record at \(offset) behind one at \(last)")
                    last = offset
                    try check(header, description, at: offset, in: pack)
                }
            }, progress: { $0 <= pack.count })
        try promise(findingCount <= pack.count / 64, "\(findingCount) findings")
        return recordCount
    }

    private func check(_ header: RecordHeader) throws {
        let again = try unsafe RecordHeader(decoding: header.encoded().span.bytes)
        try promise(again == header, "a record's header changed")
    }

    private func check(
        _ header: RecordHeader, _ description: RecordDescription?, at offset: Int,
        in pack: [UInt8]
    ) throws {
        let payload = offset + RecordHeader.byteCount
        let end = payload + Int(header.storedByteCount)
        try promise(
            end + Int(header.descriptionByteCount) <= pack.count, "a record beyond the pack")
        try promise(
            Array(pack[offset..<payload]) == header.encoded(), "the header of \(offset) changed")
        let checksum = unsafe checksum64(pack.span.bytes.extracting(payload..<end))
        try promise(checksum == header.checksum, "the payload of \(offset) is damaged")
        guard let description else { return }
        let again = try unsafe RecordDescription(decoding: description.encoded().span.bytes)
        try promise(again.encoded() == description.encoded(), "a description changed")
    }

    /// What is salvaged is an intact store.
    private func salvage() throws {
        let path = workplace.file("salvaged")
        let report = try Store.salvage(from: workplace.file("store"), to: path)
        defer { try? workplace.remove("salvaged") }
        let store = try Store.open(
            at: path, options: StoreOptions(reclaimsInBackground: false))
        let (statistics, verified) = (try store.statistics(), try store.verify())
        try store.close()
        try promise(verified.isIntact, "what was salvaged is damaged: \(verified.damaged)")
        try promise(
            statistics.assetCount == report.assetCount && statistics.jobCount == report.jobCount
                && statistics.frameCount <= report.frameCount, "\(statistics) of \(report)")
    }
}

extension [UInt8] {
    /// Sets the checksums of all records to what they should be, as far as the records lie in these
    /// bytes, beginning with the last one: records may lie in others.
    fileprivate mutating func setRightChecksums() {
        let headerByteCount = RecordHeader.byteCount
        for start in stride(from: 0, to: count - headerByteCount + 1, by: 64).reversed()
        where self[start..<start + 4].elementsEqual("REC2".utf8) {
            let stored = integer(at: start + 40, byteCount: 4)
            let described = integer(at: start + 44, byteCount: 4)
            let payload = start + headerByteCount
            if payload + stored + described <= count {
                if described > 8 {
                    let end = payload + stored + described
                    setChecksum(of: payload + stored..<end - 8, at: end - 8)
                }
                setChecksum(of: payload..<payload + stored, at: start + 48)
            }
            setChecksum(of: start..<start + 56, at: start + 56)
        }
    }

    private func integer(at offset: Int, byteCount: Int) -> Int {
        (0..<byteCount).reduce(0) { $0 | Int(self[offset + $1]) << (8 * $1) }
    }

    private mutating func setChecksum(of range: Range<Int>, at offset: Int) {
        let checksum = unsafe checksum64(span.bytes.extracting(range))
        for place in 0..<8 {
            self[offset + place] = UInt8(truncatingIfNeeded: checksum >> (8 * place))
        }
    }
}
