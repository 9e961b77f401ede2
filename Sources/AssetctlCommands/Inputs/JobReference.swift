// A job as the command line names it: by its id, or a sequence of frames by its name.

internal import AssetStore
internal import Basics

/// What names a job: 32 hexadecimal digits, or the name of a sequence.
struct JobReference: Equatable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        text = try arguments.operand("the job")
    }

    /// The job in `store`.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when there is none,
    ///   ``AssetError/Code/invalidArgument`` when several projects have a sequence of this name.
    /// - Complexity: O(projects) for a name, O(log n) for an id.
    func resolve(in store: Store) throws -> Job {
        if let id = JobID(text), let job = try store.job(id) { return job }
        let sequences = try store.statistics().projects.compactMap { project in
            try store.job(JobDescription.sequence(named: text, project: project.name).id)
        }
        guard let found = sequences.first else {
            throw AssetError(
                .inputMissing,
                "there is no job or sequence “\(text)”; “assetctl jobs” shows what there is")
        }
        guard sequences.count == 1 else {
            let choices = sequences.map { "\($0.id) (\($0.description.project))" }
            throw AssetError(
                .invalidArgument,
                "several projects have a sequence “\(text)”; give the id of one: "
                    + choices.joined(separator: ", "))
        }
        return found
    }
}

extension JobDescription {
    /// The kind of a job that holds frames from outside.
    static let sequenceKind = "sequence"

    /// A job that holds frames from outside under a name. The name is all of its recipe, so that
    /// a project has one sequence of each name.
    static func sequence(
        named name: String, project: String, frameCount: Int = 0
    ) -> JobDescription {
        let recipe: JSONValue = ["sequence": .string(name)]
        return JobDescription(
            project: project, kind: sequenceKind, recipe: recipe.text, submission: "{}",
            frameCount: frameCount, retention: .all)
    }
}
