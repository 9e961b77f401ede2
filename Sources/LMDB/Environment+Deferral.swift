// Commits that are not flushed one by one, because what they change can be done again from elsewhere.
//
// All processes see a deferred commit as any other, and the death of a process undoes none. Only when
// the machine goes down, all deferred commits of the period are undone together: see FallbackHeader.
// A period ends with the next commit that is not deferred, of any process, before it changes
// anything; so whatever comes after a deferred commit and is durable has it among its past.

package import Basics
internal import CLMDB

/// What a process knows of a period of deferred commits.
@safe struct Deferral {
    /// Where what was undone is known from, until it is done again.
    var undone: UInt64?
    /// Keeps others from opening the environment until then.
    var opening: ByteLock?
    /// Keeps the pages of the fallback header from being used again; while it is there, the period
    /// is this process's.
    var pin: OpaquePointer?
    var period: UInt64 = 0
    var origin: UInt64 = 0
    var count = 0
    /// Whether the flush of a period failed. Known here too, because the disk may not take the note.
    var hasFailed = false
    /// Whether the disk may still say that there is something to fall back to, whatever the file
    /// says: its pages must stay.
    var isUncleared = false

    init(undone: UInt64?, opening: ByteLock?) {
        self.undone = undone
        self.opening = undone == nil ? nil : opening
    }
}

extension Environment {
    /// The most commits of a period: until it ends, no page is used again.
    package static let deferredCountMax = 64

    /// The origin of deferred commits that were undone because the machine went down; `nil` when
    /// none were. They are to be done again, by deferred commits; then ``flushDeferred()`` says that
    /// it was done. Until then no other process opens the environment, and when this one dies, the
    /// next one finds the same.
    package var undoneOrigin: UInt64? { deferral.withLock { $0.undone } }

    /// Whether this process has deferred commits that are not flushed, or holds on to what they
    /// needed.
    package var hasDeferred: Bool { deferral.withLock { unsafe $0.pin != nil } }

    /// Like ``write(_:)``, but not durable when it returns, where that can be had: it is after the
    /// next ``write(_:)`` or ``flushDeferred()`` of any process. What it changes must be known
    /// elsewhere, durably, so that it can be done again.
    ///
    /// - Parameter origin: a number that says where; one for all commits of a period.
    /// - Complexity: as ``write(_:)``, without a flush; but for the first of a period, two.
    package func writeDeferred<Result>(
        knownFrom origin: UInt64, _ body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        try write(
            preparing: { number throws(AssetError) in
                try !deferCommit(number, origin)
            }, body)
    }

    /// Makes deferred commits durable. What was undone has been done again.
    package func flushDeferred() throws(AssetError) {
        let raw = try begin(flags: 0)
        defer { unsafe mdb_txn_abort(raw.pointer) }
        try endPeriod()
        // Only now: whoever opens the environment must not undo what was just done again.
        deferral.withLock { ($0.undone, $0.opening) = (nil, nil) }
    }

    /// Ends the period, whosever it is. Called with LMDB's lock for writers held.
    func endDeferral() throws(AssetError) {
        precondition(undoneOrigin == nil, "what was undone must be done again first")
        try endPeriod()
    }

    private func endPeriod() throws(AssetError) {
        let state = try periodState()
        if state != .none {
            try flush(state)
            try clearFallback()
        }
        unpinFallback()
    }

    private func periodState() throws(AssetError) -> FallbackHeader.State {
        let state = try fallback.state()
        let isUncleared = deferral.withLock { $0.isUncleared }
        return state == .none && isUncleared ? .deferring(period: 0) : state
    }

    private func clearFallback() throws(AssetError) {
        deferral.withLock { $0.isUncleared = true }
        try fallback.clear()
        deferral.withLock { $0.isUncleared = false }
    }

    /// Makes what was committed durable; without success, nothing more is written until the machine
    /// was started anew: what a failed flush leaves on the disk is not known.
    ///
    /// The corresponding C function is `mdb_env_sync`.
    private func flush(_ state: FallbackHeader.State) throws(AssetError) {
        let isPeriod = state != .none
        guard state != .failed, !(isPeriod && deferral.withLock { $0.hasFailed }) else {
            try fallback.noteFailure()
            throw AssetError(
                .io,
                "\(path): the disk did not take what was written to it; what is stored is safe, but "
                    + "the machine must be restarted before more can be written")
        }
        let status = unsafe mdb_env_sync(handle, 1)
        guard status == MDB_SUCCESS else {
            if isPeriod {
                deferral.withLock { $0.hasFailed = true }
                // What matters more is told; the next one who writes tries again.
                try? fallback.noteFailure()
            }
            throw .lmdb("mdb_env_sync", status, path: path)
        }
    }

    /// Begins a period unless this process is in one; says whether the commit may be deferred.
    private func deferCommit(
        _ number: UInt64, _ origin: UInt64
    ) throws(AssetError) -> Bool {
        let state = try periodState()
        let isOurs = deferral.withLock { deferral in
            guard unsafe deferral.pin != nil else { return false }
            return deferral.undone != nil
                || state == .deferring(period: deferral.period) && deferral.origin == origin
                    && deferral.count < Self.deferredCountMax
        }
        if !isOurs {
            unpinFallback()
            // What a period falls back to is flushed, whoever committed it.
            try flush(state)
            guard try beginPeriod(after: number - 1, origin) else {
                if state != .none { try clearFallback() }
                return false
            }
        }
        deferral.withLock { $0.count += 1 }
        return true
    }

    /// Begins a period with the newest commit to fall back to; says whether it could.
    private func beginPeriod(
        after number: UInt64, _ origin: UInt64
    ) throws(AssetError) -> Bool {
        let period = UInt64.random(in: 1...UInt64.max)
        do throws(AssetError) {
            let pinned = try pinFallback()
            let pageByteCount = try pageByteCount()
            guard pinned == number,
                try fallback.note(
                    number, pageByteCount: pageByteCount, period: period, origin: origin)
            else {
                unpinFallback()
                return false
            }
        } catch {
            unpinFallback()
            throw error
        }
        deferral.withLock { deferral in
            deferral.period = period
            deferral.origin = origin
            deferral.count = 0
            deferral.isUncleared = false
        }
        return true
    }

    /// Keeps the pages of the newest commit from being used again, and returns its number.
    @discardableResult
    func pinFallback() throws(AssetError) -> UInt64 {
        let raw = try begin(flags: CUnsignedInt(MDB_RDONLY))
        deferral.withLock { unsafe $0.pin = raw.pointer }
        return UInt64(unsafe mdb_txn_id(raw.pointer))
    }

    func unpinFallback() {
        deferral.withLock { deferral in
            if let pin = unsafe deferral.pin.take() { unsafe mdb_txn_abort(pin) }
        }
    }
}
