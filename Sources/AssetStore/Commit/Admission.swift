// Who may write how much: bytes are reserved against the quotas of the store and of the project
// before they are written, over all threads and processes.
//
// Without a quota nothing is reserved. Reservations live in shared memory (``ReservationTable``),
// and vanish with their process. Whether they are part of the usage already is told by the number
// of the transaction that commits them, so that nothing counts twice and nothing is left out.

internal import Basics
internal import LMDB

/// The reservations of this process, beside those of others. Thread-safe.
final class Admission: Sendable {
    private let catalog: Catalog
    private let ownership: ByteLocks
    private let tablePath: String
    private let state = Monitor(State())

    private struct State {
        var table: ReservationTable?
        /// Tells others that this process lives.
        var owner: (number: UInt64, lock: ByteLock)?
        /// The places of this process's entries in the table.
        var places: [ProjectNumber: Int] = [:]
    }

    init(catalog: Catalog, ownership: ByteLocks, tablePath: String) {
        self.catalog = catalog
        self.ownership = ownership
        self.tablePath = tablePath
    }

    /// A scope that has a quota.
    private struct Limit {
        var scope: ProjectNumber
        var byteCount: Int
    }

    /// Reserves stored bytes; `nil` when no quota applies. What takes no bytes is not refused, also
    /// where a quota is exceeded already.
    ///
    /// - Parameters:
    ///   - project: the project whose quota counts beside the store's.
    ///   - isStored: whether the bytes lie in the store already, so that only the project's quota
    ///     counts.
    /// - Throws: ``AssetError/Code/quotaExceeded``, saying what is needed and what is left.
    func reserve(
        _ byteCount: Int, project: String, isStored: Bool = false
    ) throws -> Reservation? {
        guard byteCount > 0 else { return nil }
        let limits: [Limit] = try catalog.environment.read { transaction in
            try self.limits(project, isStored: isStored, in: transaction)
        }
        guard !limits.isEmpty else { return nil }
        let reservation = Reservation(self, scopes: limits.map(\.scope), project: project)
        try grow(reservation, by: byteCount, limits)
        return reservation
    }

    private func limits(
        _ project: String, isStored: Bool,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [Limit] {
        var limits: [Limit] = []
        if !isStored, let quota = try catalog.quota(of: .wholeStore, in: transaction) {
            limits.append(Limit(scope: .wholeStore, byteCount: quota))
        }
        if let number = try catalog.project(named: project, in: transaction),
            let quota = try catalog.quota(of: number, in: transaction)
        {
            limits.append(Limit(scope: number, byteCount: quota))
        }
        return limits
    }

    /// Reserves more for the same purpose.
    fileprivate func grow(_ reservation: Reservation, by byteCount: Int) throws {
        let limits: [Limit] = try catalog.environment.read { transaction in
            try self.limits(reservation.project, isStored: false, in: transaction)
        }
        try grow(
            reservation, by: byteCount,
            limits.filter { reservation.scopes.contains($0.scope) })
    }

    private func grow(
        _ reservation: Reservation, by byteCount: Int, _ limits: [Limit]
    ) throws {
        try withTable { state, table in
            // With the table's lock held, so that nobody's reservation is between the two.
            try catalog.environment.read { transaction in
                let (entries, _) = table.occupied()
                for limit in limits {
                    var used = try catalog.usage(of: limit.scope, in: transaction).values
                        .reduce(0) { $0 + $1.storedByteCount }
                    for (index, entry) in entries where entry.scope == limit.scope.number {
                        if try isAlive(entry, state) {
                            used += entry.byteCount(at: transaction.number)
                        } else {
                            table[index] = .none
                        }
                    }
                    guard used + byteCount <= limit.byteCount else {
                        throw try catalog.quotaExceeded(
                            limit.scope, limit: limit.byteCount, left: limit.byteCount - used,
                            needed: byteCount, in: transaction)
                    }
                }
            }
            for scope in reservation.scopes {
                try change(scope, &state, table) { $0.reserved += UInt64(byteCount) }
            }
            reservation.byteCount += byteCount
        }
    }

    /// Gives up what is reserved.
    fileprivate func release(_ reservation: Reservation) {
        guard reservation.byteCount > 0 else { return }
        // Without a lock there is no telling others; they find out when this process ends.
        try? withTable { state, table in
            for scope in reservation.scopes {
                try change(scope, &state, table) { $0.reserved -= UInt64(reservation.byteCount) }
            }
            reservation.byteCount = 0
        }
    }

    /// Notes that a transaction commits what was reserved; called inside of it.
    func beginCommit(_ reservations: [Reservation], _ transaction: UInt64) throws {
        guard !reservations.isEmpty else { return }
        try withTable { state, table in
            for reservation in reservations {
                for scope in reservation.scopes {
                    try change(scope, &state, table) { entry in
                        entry.reserved -= UInt64(reservation.byteCount)
                        entry.committing += UInt64(reservation.byteCount)
                        entry.transaction = transaction
                    }
                }
            }
        }
    }

    /// Notes how the transaction ended: committed, what was reserved is usage; otherwise it is
    /// reserved as before.
    func endCommit(_ reservations: [Reservation], isCommitted: Bool) throws {
        guard !reservations.isEmpty else { return }
        try withTable { state, table in
            for reservation in reservations {
                for scope in reservation.scopes {
                    try change(scope, &state, table) { entry in
                        entry.committing -= UInt64(reservation.byteCount)
                        if !isCommitted { entry.reserved += UInt64(reservation.byteCount) }
                    }
                }
                if isCommitted { reservation.byteCount = 0 }
            }
        }
    }

    /// Runs `body` with the table, alone among all threads and processes.
    private func withTable(
        _ body: (inout State, ReservationTable) throws -> Void
    ) throws {
        try state.withLock { state in
            let table =
                if let table = state.table {
                    table
                } else {
                    try ReservationTable(path: tablePath)
                }
            state.table = table
            try ownership.withLock(StoreLocks.admission) { try body(&state, table) }
        }
    }

    /// Changes this process's entry of a scope, which is made when it is not there and goes when
    /// nothing is left in it.
    private func change(
        _ scope: ProjectNumber, _ state: inout State, _ table: ReservationTable,
        _ body: (inout ReservationTable.Entry) -> Void
    ) throws {
        let owner = try owner(&state, table)
        let index: Int
        if let place = state.places[scope] {
            index = place
        } else {
            guard let free = try freePlace(in: table, state) else {
                throw AssetError(
                    .busy, "too many processes write to projects with quotas; try again")
            }
            index = free
            table[index] = ReservationTable.Entry(
                owner: owner, scope: scope.number, reserved: 0, committing: 0, transaction: 0)
        }
        var entry = table[index]
        body(&entry)
        let isEmpty = entry.reserved == 0 && entry.committing == 0
        table[index] = isEmpty ? .none : entry
        state.places[scope] = isEmpty ? nil : index
    }

    private func freePlace(in table: ReservationTable, _ state: State) throws -> Int? {
        let (entries, free) = table.occupied()
        if let free { return free }
        return try entries.first { try !isAlive($0.entry, state) }?.index
    }

    private func isAlive(_ entry: ReservationTable.Entry, _ state: State) throws -> Bool {
        try entry.owner == state.owner?.number || ownership.isLocked(entry.owner)
    }

    private func owner(_ state: inout State, _ table: ReservationTable) throws -> UInt64 {
        if let owner = state.owner { return owner.number }
        for number in StoreLocks.reservers {
            if let lock = try ownership.tryLock(number) {
                // What a dead process reserved under this number must not pass for ours.
                for (index, entry) in table.occupied().entries where entry.owner == number {
                    table[index] = .none
                }
                state.owner = (number, lock)
                return number
            }
        }
        throw AssetError(.busy, "too many processes write to the store; close some")
    }
}

extension ReservationTable.Entry {
    /// Nobody's.
    fileprivate static let none = Self(
        owner: 0, scope: 0, reserved: 0, committing: 0, transaction: 0)
}

/// Bytes reserved for one purpose; given up with the value, unless they were committed. Belongs to
/// one thread at a time.
final class Reservation: @unchecked Sendable {
    // @unchecked: `byteCount` is changed with the admission's lock held.
    private let admission: Admission
    fileprivate let scopes: [ProjectNumber]
    fileprivate let project: String
    fileprivate(set) var byteCount = 0

    fileprivate init(_ admission: Admission, scopes: [ProjectNumber], project: String) {
        self.admission = admission
        self.scopes = scopes
        self.project = project
    }

    deinit { release() }

    /// Gives up what is reserved and was not committed. The committer may hold a request that
    /// failed a moment longer than its caller, who may want to write something else in its place.
    func release() { admission.release(self) }

    /// Reserves more.
    func grow(by byteCount: Int) throws { try admission.grow(self, by: byteCount) }
}
