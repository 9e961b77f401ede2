// The disk under a store, as it may be when the power goes.
//
// What is assumed of a disk and its file system, and what is not:
//
// - What was written before a sync of its file began is on the disk when the sync returned; what was
//   written with O_DSYNC or RWF_DSYNC is when the write returned. Nothing else is.
// - Anything else may be there, in any combination, also in parts of 512 or 4096 bytes.
// - A name that was made, changed or removed is durable when the directory was synced; before, it may
//   be so or not. A rename is there as a whole or not at all.
// - Lengths of one file become durable in their order.
// - After a sync failed, what it was to write may never reach the disk, whatever later syncs say.

internal import CTrace
internal import Glibc

/// What is surely there, and what may be. Follows a trace, record by record.
struct Disk {
    struct NameChange {
        enum Kind {
            case make(String, file: Int)
            case makeDirectory(String)
            case remove(String)
            case rename(String, to: String)
            case link(String, to: String)
        }

        var kind: Kind
        var call: UInt64
        var hasEnded = false
        var isDurable = false

        var directory: String {
            switch kind {
            case .make(let path, _), .makeDirectory(let path), .remove(let path): parent(path)
            case .rename(_, let path), .link(_, let path): parent(path)
            }
        }
    }

    private(set) var files: [DiskFile] = []
    private var filesByInode: [UInt64: Int] = [:]
    private(set) var names = Names()
    private(set) var nameChanges: [NameChange] = []
    /// Syncs under way: of a file with the calls it covers, or of a directory.
    private var syncs: [UInt64: (file: Int?, covered: Set<UInt64>)] = [:]
    /// Calls under way that change a file.
    private var calls: [UInt64: Int] = [:]
    /// Grows whenever something becomes durable.
    private(set) var epoch = 0

    init() {}

    /// A disk that has what is in a directory.
    init(_ root: String) throws {
        for path in try Files.tree(root) {
            files.append(DiskFile(try Files.read("\(root)/\(path)")))
            filesByInode[try Files.inode("\(root)/\(path)")] = files.count - 1
            names.files[path] = files.count - 1
            var directory = parent(path)
            while !directory.isEmpty {
                names.directories.insert(directory)
                directory = parent(directory)
            }
        }
        for path in ["store", "store/packs"] where Files.isDirectory("\(root)/\(path)") {
            names.directories.insert(path)
        }
    }

    /// Names of files and directories.
    struct Names {
        var files: [String: Int] = [:]
        var directories: Set<String> = [""]

        mutating func apply(_ kind: NameChange.Kind) {
            switch kind {
            case .make(let path, let file): files[path] = file
            case .makeDirectory(let path): directories.insert(path)
            case .remove(let path):
                files[path] = nil
                directories.remove(path)
            case .rename(let old, let new):
                if let file = files.removeValue(forKey: old) { files[new] = file }
                guard directories.contains(old) else { return }
                for path in directories where path == old || path.hasPrefix(old + "/") {
                    directories.remove(path)
                    directories.insert(new + path.dropFirst(old.count))
                }
                for (path, file) in files where path.hasPrefix(old + "/") {
                    files[path] = nil
                    files[new + path.dropFirst(old.count)] = file
                }
            case .link(let old, let new):
                if let file = files[old] { files[new] = file }
            }
        }
    }

    mutating func take(_ record: Trace.Record, _ trace: [UInt8]) {
        switch record.kind {
        case Int(TORTURE_WRITE):
            change(record, .write(offset: record.offset, data: record.data))
        case Int(TORTURE_TRUNCATE): change(record, .truncate(record.length))
        case Int(TORTURE_ALLOCATE):
            change(record, .allocate(end: record.offset + record.length))
        case Int(TORTURE_PUNCH):
            change(record, .punch(record.offset..<record.offset + record.length))
        case Int(TORTURE_SYNC):
            guard let file = filesByInode[record.inode] else { return }
            syncs[record.call] = (file, files[file].covered)
        case Int(TORTURE_SYNCDIR):
            let covered = nameChanges.filter {
                $0.hasEnded && !$0.isDurable && $0.directory == record.path
            }
            syncs[record.call] = (nil, Set(covered.map(\.call)))
        case Int(TORTURE_CREATE):
            files.append(DiskFile())
            filesByInode[record.inode] = files.count - 1
            rename(record, .make(record.path, file: files.count - 1))
        case Int(TORTURE_MKDIR): rename(record, .makeDirectory(record.path))
        case Int(TORTURE_UNLINK), Int(TORTURE_RMDIR): rename(record, .remove(record.path))
        case Int(TORTURE_RENAME): rename(record, .rename(record.path, to: record.target))
        case Int(TORTURE_LINK): rename(record, .link(record.path, to: record.target))
        case Int(TORTURE_MAPPED):
            if let file = filesByInode[record.inode] { files[file].isMapped = true }
        case Int(TORTURE_END): end(record, trace)
        default: break
        }
    }

    private mutating func change(_ record: Trace.Record, _ change: DiskFile.Change) {
        guard let file = filesByInode[record.inode] else { return }
        files[file].begin(change, call: record.call, isWrittenThrough: record.isDurable)
        calls[record.call] = file
    }

    private mutating func rename(_ record: Trace.Record, _ kind: NameChange.Kind) {
        nameChanges.append(NameChange(kind: kind, call: record.call))
    }

    private mutating func end(_ record: Trace.Record, _ trace: [UInt8]) {
        if let file = calls.removeValue(forKey: record.call) {
            if files[file].end(record.call, result: record.result, trace: trace) { epoch += 1 }
        } else if let (file, covered) = syncs.removeValue(forKey: record.call) {
            // One that was interrupted did nothing, and lost nothing.
            if record.result == -Int(EINTR) { return }
            epoch += 1
            if let file {
                files[file].synchronize(covered, hasFailed: record.result < 0, trace: trace)
            } else if record.result >= 0 {
                for index in nameChanges.indices where covered.contains(nameChanges[index].call) {
                    nameChanges[index].isDurable = true
                }
                foldNames()
            }
        } else if let index = nameChanges.lastIndex(where: { $0.call == record.call }) {
            if record.result < 0 {
                nameChanges.remove(at: index)
            } else {
                nameChanges[index].hasEnded = true
            }
        }
    }

    private mutating func foldNames() {
        while let first = nameChanges.first, first.isDurable {
            names.apply(first.kind)
            nameChanges.removeFirst()
        }
    }
}

/// The directory part of a path, empty when there is none.
func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
}
