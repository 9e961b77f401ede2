// The files of a store as something else may have left them: a catalog and packs that are changed in
// any number of places. Opening, reading, verifying, repairing and writing give the right bytes or a
// typed error.
//
// The bytes are edits, of six each: what is changed (the catalog mostly), where (three bytes), how,
// and a byte for that.

internal import AssetStore
internal import Basics
internal import Foundation

extension Door {
    package static let damage = Door(
        name: "damage", byteCountMax: 120, secondsMax: 20, memoryMebibytesMax: 1024,
        open: {
            let visit = try DamageVisit()
            return { try visit.enter($0) }
        }, seeds: DamageSeeds.all)
}

/// How an edit changes a file.
enum Edit: UInt8, CaseIterable {
    case flip, set, add, zeros, page, swap, sector, truncate

    static let byteCount = 6
}

private final class DamageVisit {
    private let workplace: Workplace
    /// The files of an intact store, by their paths in it.
    private var files: [(name: String, bytes: [UInt8])] = []
    private var number = 0

    private static let options = StoreOptions(reclaimsInBackground: false)

    init() throws {
        workplace = try Workplace()
        let store = try Store.create(at: workplace.file("whole"), options: Self.options)
        try SampleProject.fill(store)
        // What was removed leaves free pages and ranges.
        try SampleProject.fill(store, "removed")
        try store.removeProject("removed")
        try store.close()
        for name in ["catalog/data.mdb", "packs/0000000000000001.pack"] {
            files.append((name, try Workplace.bytes(of: workplace.file("whole/\(name)"))))
        }
    }

    func enter(_ bytes: [UInt8]) throws -> Verdict {
        var changed = files
        var draw = Draw(bytes)
        while bytes.count - draw.position >= Edit.byteCount {
            let which = draw.byte() % 4 == 3 ? 1 : 0
            let place =
                Int(draw.byte()) | Int(draw.byte()) << 8 | Int(draw.byte()) << 16
            let edit = draw.element(of: Edit.allCases)
            edit.apply(to: &changed[which].bytes, at: place, draw.byte())
        }
        // LMDB wants a file to be opened once in a process, and a name is what it knows it by.
        number += 1
        let name = "store-\(number)"
        defer { try? workplace.remove(name) }
        for folder in ["", "/catalog", "/packs"] {
            try FileSystem.makeDirectory(workplace.file(name + folder))
        }
        for file in changed { try workplace.write(file.bytes, to: "\(name)/\(file.name)") }
        return try use(workplace.file(name), isWhole: bytes.count < Edit.byteCount)
    }

    private func use(_ path: String, isWhole: Bool) throws -> Verdict {
        let opened = try unlessRefused(
            .damaged, .notAStore, .unsupportedFormat, .io, by: "a damaged store"
        ) { try Store.open(at: path, options: Self.options) }
        guard let store = opened else {
            try promise(!isWhole, "an intact store does not open")
            return .refused
        }
        try read(store)
        let report = try unlessRefused(.damaged, .io, by: "verifying") { try store.verify() }
        if isWhole { try promise(report?.isIntact == true, "an intact store is damaged") }
        try write(store)
        _ = try unlessRefused(.damaged, .io, .notAStore, by: "repairing") {
            try store.verify(repairing: true)
        }
        try write(store)
        _ = try unlessRefused(.damaged, .io, by: "closing") { try store.close() }
        return report?.isIntact == true ? .accepted : .refused
    }

    /// Bytes that are given out are those that were stored.
    private func read(_ store: Store) throws {
        var ids: [AssetID] = []
        _ = try unlessRefused(.damaged, .io, by: "listing") {
            try store.read { snapshot in
                try snapshot.forEachAsset {
                    ids.append($0.id)
                    return ids.count < 100
                }
                try snapshot.forEachProject { _ in true }
            }
        }
        for id in ids {
            _ = try unlessRefused(.damaged, .io, by: "an asset") {
                try store.withBytes(of: id) { bytes in
                    let expected = SampleProject.content(byteCount: bytes.byteCount)
                    // Damage may be in the catalog, which says how long it is and where it lies; the
                    // checksum lies there too.
                    try promise(
                        unsafe bytes.isEqual(to: expected.span.bytes),
                        "asset \(id) has \(bytes.byteCount) bytes that nobody stored")
                }
            }
        }
        var jobs: [JobID] = []
        _ = try unlessRefused(.damaged, .io, by: "listing jobs") {
            jobs = try store.read { try $0.jobs().map(\.id) }
        }
        for id in jobs.prefix(20) {
            _ = try unlessRefused(.damaged, .io, by: "a frame") {
                try store.withFrame(3, of: id) { _, bytes in
                    let expected = SampleProject.content(byteCount: bytes.byteCount)
                    try promise(
                        unsafe bytes.isEqual(to: expected.span.bytes),
                        "frame 3 of \(id) has \(bytes.byteCount) bytes that nobody stored")
                }
            }
        }
    }

    private func write(_ store: Store) throws {
        let content = SampleProject.content(byteCount: 70)
        let calls: [() throws -> Void] = [
            {
                _ = try unsafe store.put(
                    AssetDescription(
                        namespace: .images, project: "project", mediaType: "image/png"),
                    content.span.bytes)
            },
            { try store.setQuota(1 << 41, ofProject: "project") },
            { for job in try store.read({ try $0.jobs() }) { try store.removeJob(job.id) } },
            { _ = try store.reclaim() },
            { _ = try store.compact(liveShare: 0.9) },
            { _ = try store.removeProject("project") },
        ]
        for call in calls {
            _ = try unlessRefused(
                .damaged, .io, .busy, .inputMissing, .quotaExceeded, .alreadyExists, .diskFull,
                .invalidArgument, by: "using a damaged store", call)
        }
    }
}

extension Edit {
    func apply(to bytes: inout [UInt8], at place: Int, _ value: UInt8) {
        guard !bytes.isEmpty else { return }
        let place = place % bytes.count
        switch self {
        case .flip: bytes[place] ^= 1 << (value % 8)
        case .set: bytes[place] = value
        case .add: bytes[place] &+= value
        case .zeros: bytes.replace(place..<place + Int(value), with: { _ in 0 })
        case .page:
            // Another page, as after a write that went to the wrong place.
            let other = Int(value) * 4096 % bytes.count
            let source = bytes
            bytes.replace(place / 4096 * 4096..<place / 4096 * 4096 + 4096) {
                source[min(other + $0, source.count - 1)]
            }
        case .swap:
            let (left, right) = (place / 512 * 512, Int(value) * 512 % bytes.count)
            let source = bytes
            bytes.replace(left..<left + 512) { source[min(right + $0, source.count - 1)] }
            bytes.replace(right..<right + 512) { source[min(left + $0, source.count - 1)] }
        case .sector:
            bytes.replace(place / 512 * 512..<place / 512 * 512 + 512, with: { _ in value })
        case .truncate: bytes.removeLast(bytes.count - place)
        }
    }
}

extension [UInt8] {
    /// Replaces what of a range is there.
    fileprivate mutating func replace(_ range: Range<Int>, with byte: (Int) -> UInt8) {
        for place in range where place < count { self[place] = byte(place - range.lowerBound) }
    }
}
