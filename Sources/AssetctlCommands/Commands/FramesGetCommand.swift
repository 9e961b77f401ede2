// `assetctl frames get`: one stored frame as a picture file.

internal import AssetStore
internal import Basics

struct FramesGetCommand: Subcommand {
    static let name = "frames get"
    static let summary = "writes a stored frame to a picture file"
    static let help = """
        usage: assetctl frames get <job> <index> --output <file> [--overwrite]

        The file's ending, .png or .jpg, says what is written. A frame that is stored as JPEG is
        written to .jpg as it is stored.

          --output <file>   where to write
          --overwrite       replace the file when it is there

        example: assetctl frames get 0123456789abcdef0123456789abcdef 17 --output f.png
        """
    private let output: String
    private let format: PictureFormat
    private let overwrite: Bool
    private let job: JobReference
    private let index: Int

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        output = try arguments.requiredOption("output")
        overwrite = try arguments.flag("overwrite")
        job = try JobReference(&arguments)
        index = try arguments.frameIndex()
        guard let format = PictureFormat(ofFile: output) else {
            throw UsageError("--output \(output): expected a name that ends in .png or .jpg")
        }
        self.format = format
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try OutputFile.check(output, overwrite: overwrite)
        try context.withStore { store in
            let id = try job.resolve(in: store).id
            let pictures = try FramePictures(format)
            let file = try context.outputFile(output, overwrite: overwrite)
            guard try pictures.withPicture(ofFrame: index, of: id, in: store, file.append) != nil
            else {
                throw AssetError(
                    .inputMissing,
                    "frame \(index) of job \(id) is not stored; “assetctl frames ls” shows those "
                        + "that are")
            }
            try file.publish()
            context.console.talk(
                "wrote \(ByteSize.format(file.byteCount)) to \(printable(output))")
        }
        return .done
    }
}
