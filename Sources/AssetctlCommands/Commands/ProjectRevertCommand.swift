// `assetctl project revert`: a project goes back to a checkpoint.

internal import AssetStore
internal import Basics

struct ProjectRevertCommand: Subcommand {
    static let name = "project revert"
    static let summary = "takes a project back to a checkpoint"
    static let help = """
        usage: assetctl project revert <project> <checkpoint> [--remove <assets>]

        Drops the checkpoints after this one; the project's stage and percentage are what they were
        then. Scenes, jobs and frames stay as they are. The checkpoint is given by its number: see
        “assetctl project checkpoints”.

          --remove <assets>   outputs: assets that the dropped checkpoints brought; newer: all
                              assets stored after this checkpoint, also by hand. What something
                              else refers to stays. Without it, no asset is removed

        example: assetctl project revert demo 3 --remove outputs
        """
    private let assets: RevertedAssets
    private let project: String
    private let number: Int

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        assets =
            try arguments.choice(
                "remove", of: ["outputs": RevertedAssets.removeOutputs, "newer": .removeNewer])
            ?? .keep
        project = try arguments.projectName()
        let text = try arguments.operand("the checkpoint's number")
        guard let number = Int(text), number > 0 else {
            throw UsageError("“\(text)” is not the number of a checkpoint: expected 1, 2, 3, …")
        }
        self.number = number
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            guard let found = try store.revertProject(project, to: number, assets: assets) else {
                guard try store.project(project) != nil else {
                    throw AssetError.noProject(project)
                }
                throw AssetError(
                    .inputMissing,
                    "project “\(project)” has no checkpoint \(number); “assetctl project "
                        + "checkpoints” shows what there is")
            }
            try context.result(json(found), text: text(found))
        }
        return .done
    }

    private func json(_ found: ProjectReversion) -> JSONValue {
        .members([
            ("project", .string(found.project.name)),
            ("status", .string(found.project.status.name)),
            ("checkpoint", found.checkpoint.json),
            ("droppedCheckpointCount", .integer(found.droppedCheckpointCount)),
            ("removedAssetCount", .integer(found.removedAssetCount)),
        ])
    }

    private func text(_ found: ProjectReversion) -> String {
        let dropped = counted(found.droppedCheckpointCount, "checkpoint")
        let removed = counted(found.removedAssetCount, "asset")
        return printable(
            "\(found.project.name) is at checkpoint \(found.checkpoint.number) "
                + "(\(found.checkpoint.description.stage)); dropped \(dropped), removed \(removed)")
    }
}
