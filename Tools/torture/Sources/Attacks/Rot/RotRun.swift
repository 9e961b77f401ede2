// Damaging copies of a store and using them, in a process of its own.

internal import AssetStore
internal import Basics
internal import Glibc

/// Damages of copies of one store, numbered, of which this process does a share.
struct RotRun {
    let work: Work
    var range: Range<Int>
    var share: (remainder: Int, divisor: Int)

    /// What this is on a command line, for ``init(arguments:)``.
    var arguments: [String] {
        ["damages", "\(range.lowerBound)", "\(range.upperBound)", "\(share.remainder)"]
            + ["\(share.divisor)"] + work.arguments
    }

    init(_ work: Work, range: Range<Int>, share: (remainder: Int, divisor: Int)) {
        (self.work, self.range, self.share) = (work, range, share)
    }

    init(arguments: [String]) throws {
        let numbers = arguments.dropFirst().prefix(4).compactMap { Int($0) }
        guard numbers.count == 4, numbers[0] <= numbers[1] else {
            throw Trouble("no such damages: \(arguments)")
        }
        self.init(
            try Work(arguments: Array(arguments.dropFirst(5))), range: numbers[0]..<numbers[1],
            share: (numbers[2], numbers[3]))
    }

    var root: String { "\(work.directory)/damaged-\(share.remainder)" }
    /// Holds the number of the damage being looked at, and what it is.
    var progress: String { "\(work.directory)/damage-\(share.remainder)" }

    /// - Throws: ``BrokenPromise``, naming the damage; then ``root`` has it.
    func run() throws {
        let expected = try work.histories().all
        var state = ActorState()
        for history in expected { state = history.state }
        let paths = try Files.tree(work.store).filter {
            $0.hasSuffix(".pack") || $0.hasSuffix("data.mdb")
        }
        var whole: [String: [UInt8]] = [:]
        for path in paths { whole[path] = try Files.read("\(work.store)/\(path)") }
        for number in range where number % share.divisor == share.remainder {
            var random = Random(work.mix.seed, 0x70, UInt64(number))
            // As often in the catalog as in packs.
            let isInCatalog = Bool.random(using: &random)
            var damage = Damage(paths.filter { $0.hasSuffix(".mdb") == isInCatalog }, &random)
            try Files.remove(root)
            for directory in ["", "/store", "/store/catalog", "/store/packs"] {
                try Files.makeDirectory(root + directory)
            }
            // A third comes while the store is open. A file that is shortened then ends the process
            // with SIGBUS.
            let isLater = number % 3 == 0 && damage.kind != .shortened
            var damaged: [UInt8] = []
            for (path, bytes) in whole {
                var bytes = bytes
                if path == damage.path {
                    if isLater { try Files.write(bytes, to: "\(root)/store/\(path)") }
                    damage.apply(to: &bytes, &random)
                    damaged = bytes
                    if isLater { continue }
                }
                try Files.write(bytes, to: "\(root)/store/\(path)")
            }
            let name =
                "damage \(number) (\(damage.kind) in \(damage.path)"
                + "\(isLater ? ", while it is open" : ""))"
            try Files.write(Array("\(number)\n\(name)".utf8), to: progress)
            var look = DamagedLook(
                path: "\(root)/store", state: state, damage: damage, isInCatalog: isInCatalog)
            if isLater {
                let (file, bytes) = ("\(root)/store/\(damage.path)", damaged)
                look.damageNow = { try Files.overwrite(file, bytes) }
            }
            do {
                try look.run(&random)
            } catch let error as BrokenPromise {
                throw BrokenPromise("\(name): \(error)")
            }
        }
        try Files.remove(root)
        try Files.write(Array("-1\nnone".utf8), to: progress)
    }
}
