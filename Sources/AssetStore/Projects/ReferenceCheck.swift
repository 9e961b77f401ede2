// Whether what is referred to is there, and its bytes are what was stored.

internal import Basics

/// Checks references one by one. Belongs to one thread. Its memory is bounded: what was found
/// intact is remembered, so that it is read once, but not more of it than fits.
struct ReferenceCheck {
    private let store: Store
    private let check: RecoveryCheck
    private var intact: Set<AssetID> = []

    /// Beyond this many, assets may be read again.
    private static let rememberedCountMax = 1 << 16

    /// What is wrong with what is referred to.
    struct Fault {
        var kind: ProjectRecovery.Defect.Kind
        var asset: AssetID?
        var reason: String
    }

    init(_ store: Store, _ check: RecoveryCheck) {
        self.store = store
        self.check = check
    }

    /// What is wrong with `target`; `nil` when nothing is.
    ///
    /// - Parameter didRead: told how many bytes were read, often; may throw to stop.
    mutating func fault(
        of target: ProjectReference.Target, didRead: (Int) throws -> Void
    ) throws -> Fault? {
        switch target {
        case .asset(let id): return try fault(of: id, didRead)
        case .job(let id):
            guard let job = try store.job(id) else {
                return Fault(kind: .missing, reason: "job \(id) is not there")
            }
            guard let output = job.output else { return nil }
            guard var fault = try fault(of: output, didRead) else { return nil }
            fault.reason = "what job \(id) made: \(fault.reason)"
            return fault
        }
    }

    /// The bytes that following `target` will read, as far as can be told beforehand.
    mutating func byteCount(of target: ProjectReference.Target) throws -> Int {
        let id: AssetID?
        switch target {
        case .asset(let asset): id = asset
        case .job(let job): id = try store.job(job)?.output
        }
        guard let id, !intact.contains(id), let asset = try store.asset(id) else { return 0 }
        remember(id)
        return asset.byteCount
    }

    private mutating func fault(
        of id: AssetID, _ didRead: (Int) throws -> Void
    ) throws -> Fault? {
        if intact.contains(id) { return nil }
        let missing = Fault(kind: .missing, asset: id, reason: "asset \(id) is not there")
        switch check {
        case .presence:
            guard try store.asset(id) != nil else { return missing }
        case .content:
            guard let reader = try store.reader(for: id) else { return missing }
            do {
                try reader.forEachPiece { try didRead($0.byteCount) }
            } catch let error as AssetError where error.code == .damaged {
                return Fault(kind: .damaged, asset: id, reason: error.message)
            } catch let error as AssetError where error.code == .inputMissing {
                return missing
            }
        }
        remember(id)
        return nil
    }

    private mutating func remember(_ id: AssetID) {
        if intact.count >= Self.rememberedCountMax { intact.removeAll(keepingCapacity: true) }
        intact.insert(id)
    }
}
