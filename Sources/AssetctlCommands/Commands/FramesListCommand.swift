// `assetctl frames ls`: the stored frames of a job.

internal import AssetStore
internal import Basics

struct FramesListCommand: Subcommand {
    static let name = "frames ls"
    static let summary = "lists the stored frames of a job"
    static let help = """
        usage: assetctl frames ls <job>

        The job is named by its id; a sequence of frames by its name too.

        example: assetctl frames ls 0123456789abcdef0123456789abcdef
        """
    private let job: JobReference

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        job = try JobReference(&arguments)
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let id = try job.resolve(in: store).id
            var next = 0
            while true {
                // A page at a time, so that no snapshot waits for whoever reads the listing.
                var page: [StoredFrame] = []
                try store.forEachFrame(of: id, from: next) { frame in
                    page.append(frame)
                    return page.count < 1000
                }
                if next == 0, !page.isEmpty, !context.wantsJSON {
                    try context.console.line(StoredFrame.table.header)
                }
                for frame in page { try context.result(frame.json, text: frame.row) }
                guard let last = page.last else { break }
                next = last.index + 1
            }
            if next == 0 { context.console.talk("job \(id) has no stored frames") }
        }
        return .done
    }
}
