// One of the many things that a disk may hold after the power went.

internal import Glibc

/// A choice of what of a disk's doubtful changes reached it.
struct DiskImage {
    /// What is chosen of a piece: nothing, all, or some of its sectors.
    enum Choice {
        case none
        case all
        case sectors(byteCount: Int, seed: UInt64)
    }

    private let disk: Disk
    private var choices: [[Choice]] = []
    private var names: Disk.Names
    /// Tells images of one trace apart.
    private(set) var key: UInt64
    private var random: Random

    /// How doubtful changes are chosen.
    enum Variant: Int, CaseIterable {
        /// All of it was written: what a process that dies leaves.
        case everything
        case nothing
        /// Some of it, each piece whole.
        case whole
        /// All but one piece.
        case butOne
        /// Some of it, in sectors of 512 bytes.
        case torn512
        /// Some of it, in pages.
        case torn4096
    }

    init(_ disk: Disk, _ variant: Variant, seed: UInt64) {
        self.disk = disk
        random = Random(seed, UInt64(variant.rawValue))
        names = disk.names
        key = UInt64(disk.epoch)
        let share = [0.1, 0.5, 0.9].randomElement(using: &random)!
        let doubtfulCount =
            disk.files.reduce(0) { $0 + $1.pieces.filter { !$0.isDurable }.count }
            + disk.nameChanges.filter { !$0.isDurable }.count
        let dropped = doubtfulCount == 0 ? 0 : Int.random(in: 0..<doubtfulCount, using: &random)
        var number = 0
        func chooses(_ random: inout Random) -> Bool {
            defer { number += 1 }
            switch variant {
            case .everything: return true
            case .nothing: return false
            case .butOne: return number != dropped
            default: return Double.random(in: 0..<1, using: &random) < share
            }
        }
        for change in disk.nameChanges {
            if change.isDurable || chooses(&random) {
                names.apply(change.kind)
                mix(change.call)
            }
        }
        for file in disk.files {
            choices.append(
                file.pieces.map { piece in
                    if piece.isDurable { return .all }
                    var choice = Choice.none
                    let isChosen = chooses(&random)
                    let isTorn = variant == .torn512 || variant == .torn4096
                    if isTorn, piece.change.isData {
                        let seed = random.next()
                        choice = .sectors(byteCount: variant == .torn512 ? 512 : 4096, seed: seed)
                        mix(seed)
                    } else if isChosen {
                        choice = .all
                        mix(piece.call)
                    }
                    return choice
                })
        }
    }

    private mutating func mix(_ value: UInt64) {
        var random = Random(key, value)
        key = random.next()
    }

    /// Makes it, in a directory that is there and empty.
    ///
    /// - Parameter live: what mapped files had in the end, by path.
    mutating func write(to root: String, trace: [UInt8], live: [String: [UInt8]]) throws {
        var made: Set<String> = [""]
        for directory in names.directories.sorted() where !directory.isEmpty {
            guard made.contains(parent(directory)) else { continue }
            try Files.makeDirectory("\(root)/\(directory)")
            made.insert(directory)
        }
        for (path, file) in names.files.sorted(by: { $0.key < $1.key })
        where made.contains(parent(path)) {
            try write(file, to: "\(root)/\(path)", trace, live[path])
        }
    }

    private mutating func write(
        _ number: Int, to path: String, _ trace: [UInt8], _ live: [UInt8]?
    ) throws {
        let file = disk.files[number]
        if file.isMapped, let live, !random.oneIn(2) {
            try Files.write(live, to: path)
            return
        }
        let target = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard target >= 0 else { throw Trouble(call: "open", path) }
        defer { _ = close(target) }
        try put(file.bytes[...], at: 0, target, path)
        if file.length > file.bytes.count { try cut(target, file.length, path) }
        for (piece, choice) in zip(file.pieces, choices[number]) {
            switch (piece.change, choice) {
            case (_, .none): break
            case (.write(let offset, let data), .all):
                try put(trace[data], at: offset, target, path)
            case (.write(let offset, let data), .sectors(let byteCount, let seed)):
                var random = Random(seed)
                let share = [0.2, 0.5, 0.8].randomElement(using: &random)!
                var start = data.lowerBound
                while start < data.upperBound {
                    let position = offset + start - data.lowerBound
                    let end = min(data.upperBound, start + byteCount - position % byteCount)
                    if Double.random(in: 0..<1, using: &random) < share {
                        try put(trace[start..<end], at: position, target, path)
                    }
                    start = end
                }
            case (.truncate(let length), _): try cut(target, length, path)
            case (.allocate(let end), _):
                if try length(target, path) < end { try cut(target, end, path) }
            case (.punch(let range), _):
                let range = range.clamped(to: 0..<(try length(target, path)))
                let zeros = [UInt8](repeating: 0, count: range.count)
                try put(zeros[...], at: range.lowerBound, target, path)
            }
        }
    }

    private func put(
        _ bytes: ArraySlice<UInt8>, at offset: Int, _ file: CInt, _ path: String
    ) throws {
        if bytes.isEmpty { return }
        let count = unsafe bytes.withUnsafeBytes {
            unsafe pwrite(file, $0.baseAddress, $0.count, offset)
        }
        guard count == bytes.count else { throw Trouble(call: "pwrite", path) }
    }

    private func cut(_ file: CInt, _ length: Int, _ path: String) throws {
        guard ftruncate(file, length) == 0 else { throw Trouble(call: "ftruncate", path) }
    }

    private func length(_ file: CInt, _ path: String) throws -> Int {
        let length = lseek(file, 0, SEEK_END)
        guard length >= 0 else { throw Trouble(call: "lseek", path) }
        return length
    }
}
