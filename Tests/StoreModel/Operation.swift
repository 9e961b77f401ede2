// What can be done to a store and to its model.

package import AssetStore
package import Basics

/// One call of the store's API, with everything that it depends on.
package enum Operation: Sendable {
    /// An asset to be stored.
    package struct NewAsset: Sendable {
        var id: AssetID
        var description: AssetDescription
        var content: Int
        /// Streamed in by a writer that does not know how much comes.
        var isStreamed = false
    }

    case createProject(String, ProjectDescription)
    case updateProject(String, ProjectDescription)
    case setProjectQuota(String, Int?)
    case setQuota(Int?)
    case removeProject(String)
    case putScene(ProjectScene, String)
    case removeScene(String, String)
    case addCheckpoint(CheckpointDescription, String)
    case revert(String, Int)
    case put(NewAsset)
    case updateAsset(AssetID, name: String, attributes: [String: String])
    case removeAsset(AssetID)
    case submit(JobDescription)
    case start(JobID)
    case frames(JobID, [(index: Int, content: Int)])
    case segment(JobID, track: UInt8, index: Int, content: Int)
    case fail(JobID, String)
    case pause(JobID, String?)
    case complete(JobID, NewAsset?, keepingFrames: Bool)
    case abandon(JobID)
    case cancel(JobID)
    case removeJob(JobID)
    case removeFrames(JobID)
    case requeueOrphans(String?, markingAsError: Bool)
    case evict(String?)
    case reclaim
    case compact(liveShare: Double)
}

/// What came of an operation.
package enum Outcome: Equatable, Sendable {
    case done
    /// There was nothing to do it to: `false` or `nil`.
    case absent
    case refused(AssetError.Code)
    /// Refused by a quota, with what was left and what was needed.
    case quotaExceeded(left: Int, needed: Int)

    package init(_ error: AssetError) {
        let numbers = error.message.split { !$0.isNumber }.compactMap { Int($0) }
        // “… a quota of N bytes and room for LEFT, but NEEDED are needed …”, behind a name.
        if error.code == .quotaExceeded, numbers.count >= 2 {
            self = .quotaExceeded(left: numbers[numbers.count - 2], needed: numbers.last!)
        } else {
            self = .refused(error.code)
        }
    }
}
