// Following a store: what happened since one last looked, in this process or another.

internal import Basics
internal import LMDB

/// A place in the change feed of a store. Keep it to go on later, also in another process.
public struct ChangeToken: Hashable, Comparable, Sendable {
    /// What it is when it is written down.
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (left: ChangeToken, right: ChangeToken) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Something that was committed.
public struct Change: Hashable, Sendable {
    /// What became of the subject.
    public enum Kind: Sendable {
        /// It is new.
        case put
        case removed
        /// It says something else, or of frames: some were stored.
        case updated
    }

    /// What it concerns.
    public enum Subject: Hashable, Sendable {
        case asset(AssetID)
        case job(JobID)
        /// Frames of a job: some were stored, or with ``Kind/removed`` all are gone.
        case frames(JobID)
        /// A project, by its name. With it goes, unmentioned, everything in it.
        case project(String)
    }

    public let kind: Kind
    public let subject: Subject

    public init(kind: Kind, subject: Subject) {
        self.kind = kind
        self.subject = subject
    }
}

/// A piece of the change feed.
public struct ChangeBatch: Equatable, Sendable {
    /// In the order of commits. What one commit did to a job's frames is one change.
    public let changes: [Change]
    /// Where to go on.
    public let token: ChangeToken
    /// Whether changes are missing between the token that was given and these, because they were
    /// too long ago: look at everything anew.
    public let isIncomplete: Bool
    /// Whether more changes were committed already.
    public let hasMore: Bool
}

extension Snapshot {
    /// The end of the change feed at this moment. O(log n).
    public func changeToken() throws -> ChangeToken {
        ChangeToken(rawValue: try catalog.newestChange(in: transaction))
    }

    /// The changes behind a token, up to this moment. The feed remembers 131,072.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the token lies beyond the feed: it is
    ///   another store's.
    /// - Complexity: O(log n + changes returned).
    public func changes(since token: ChangeToken, countMax: Int = 1000) throws -> ChangeBatch {
        let newest = try catalog.newestChange(in: transaction)
        guard token.rawValue <= newest else {
            throw AssetError(
                .invalidArgument,
                "the change feed ends at \(newest), before \(token.rawValue); "
                    + "the token is another store's")
        }
        var changes: [Change] = []
        var (first, last) = (token.rawValue + 1, token.rawValue)
        let start = ChangeKey(number: token.rawValue + 1).keyBytes
        try transaction.scan(catalog.changes, from: start) { key, record in
            guard changes.count < max(1, countMax) else { return false }
            if changes.isEmpty { first = key.number }
            last = key.number
            changes.append(record.change)
            return true
        }
        return ChangeBatch(
            changes: changes, token: ChangeToken(rawValue: last),
            isIncomplete: first > token.rawValue + 1, hasMore: last < newest)
    }
}

extension Store {
    /// The end of the change feed now.
    public func changeToken() throws -> ChangeToken { try read { try $0.changeToken() } }

    /// The changes behind a token, up to now; see ``Snapshot/changes(since:countMax:)``.
    public func changes(since token: ChangeToken, countMax: Int = 1000) throws -> ChangeBatch {
        try read { try $0.changes(since: token, countMax: countMax) }
    }

    /// The number of the newest commit of any process. It rises with every change, so whoever
    /// follows the store has to look only when it did.
    ///
    /// - Complexity: O(1), without a call of the system.
    public func commitNumber() throws -> UInt64 {
        try catalog.environment.lastTransactionNumber()
    }
}

extension ChangeRecord {
    fileprivate var change: Change {
        let kind: Change.Kind =
            switch self.kind {
            case .put: .put
            case .removed: .removed
            case .updated: .updated
            }
        let subject: Change.Subject =
            switch subjectKind {
            case .asset: .asset(AssetID(high: high, low: low))
            case .job: .job(JobID(high: high, low: low))
            case .frames: .frames(JobID(high: high, low: low))
            case .project: .project(name)
            }
        return Change(kind: kind, subject: subject)
    }
}
