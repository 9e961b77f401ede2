// `assetctl frames sheet`: a job's frames at a glance.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import FrameSequences

struct FramesSheetCommand: Subcommand {
    static let name = "frames sheet"
    static let summary = "writes thumbnails of a job's frames to one picture file"
    static let help = """
        usage: assetctl frames sheet <job> --output <file> [options]

        The frames are spread evenly over all stored ones, row by row.

          --output <file>      where to write; its ending, .png or .jpg, says what
          --columns <count>    thumbnails side by side; default 6
          --rows <count>       rows of thumbnails; default 5
          --width <pixels>     the width of a thumbnail; default 320
          --overwrite          replace the file when it is there

        example: assetctl frames sheet intro --output intro.jpg --columns 4 --rows 4
        """
    private let output: String
    private let format: PictureFormat
    private let overwrite: Bool
    private let layout: ContactSheet
    private let job: JobReference

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        output = try arguments.requiredOption("output")
        overwrite = try arguments.flag("overwrite")
        layout = ContactSheet(
            columns: try arguments.integer("columns", in: 1...100) ?? 6,
            rows: try arguments.integer("rows", in: 1...100) ?? 5,
            thumbnailWidth: try arguments.integer("width", in: 8...2048) ?? 320)
        job = try JobReference(&arguments)
        guard let format = PictureFormat(ofFile: output), format != .raw else {
            throw UsageError("--output \(output): expected a name that ends in .png or .jpg")
        }
        self.format = format
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try OutputFile.check(output, overwrite: overwrite)
        try context.withStore { store in
            let id = try job.resolve(in: store).id
            guard let sheet = try layout.draw(id, of: store) else {
                throw AssetError(
                    .inputMissing, "job \(id) has no stored frames; there is nothing to show")
            }
            let file = try context.outputFile(output, overwrite: overwrite)
            try FramePictures(format, quality: 90).withPicture(of: sheet, file.append)
            try file.publish()
            context.console.talk(
                "wrote \(sheet.width)×\(sheet.height) pixels to \(printable(output))")
        }
        return .done
    }
}
