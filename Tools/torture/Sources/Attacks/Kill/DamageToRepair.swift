// Damage to a catalog that `verify --repair` mends.

internal import AssetStore
internal import Basics

/// Looks for bits of a catalog which, flipped, leave something to repair.
enum DamageToRepair {
    /// How many are tried.
    private static let tryCount = 20_000

    /// Damages the store at `path`, which nobody has open.
    static func apply(to path: String, scratch: String, seed: UInt64) throws {
        let whole = try Files.read("\(path)/catalog/data.mdb")
        var random = Random(seed, 0xDA)
        for _ in 0..<tryCount {
            var bytes = whole
            for _ in 0..<3 {
                // Behind the headers.
                bytes[Int.random(in: 8192..<bytes.count, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            }
            try Files.remove(scratch)
            try Files.copy(path, to: scratch)
            try Files.write(bytes, to: "\(scratch)/catalog/data.mdb")
            if try isRepaired(scratch) {
                try Files.write(bytes, to: "\(path)/catalog/data.mdb")
                try Files.remove(scratch)
                return
            }
        }
        throw Trouble("no damage was found that is repaired")
    }

    /// Whether there is something to repair, and all of it is, and the rest is as it was.
    private static func isRepaired(_ path: String) throws -> Bool {
        do {
            let store = try Store.open(
                at: path, options: StoreOptions(reclaimsInBackground: false))
            defer { try? store.close() }
            guard try !store.verify().isIntact else { return false }
            let before = try store.read { try ActorState.observe($0) }
            guard try store.verify(repairing: true).isIntact else { return false }
            let after = try store.read { try ActorState.observe($0) }
            return before.keys == after.keys && before.allSatisfy { after[$0]!.looksLike($1) }
        } catch _ as AssetError {
            return false
        } catch _ as BrokenPromise {
            // A bit of a name, which nothing tells.
            return false
        }
    }
}
