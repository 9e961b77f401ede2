// `assetctl frames get`: one stored frame as a picture file.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import FrameSequences

struct FramesGetCommand: Subcommand {
    static let name = "frames get"
    static let summary = "writes a stored frame to a picture file"
    static let help = """
        usage: assetctl frames get <job> <index> --output <file> [options]

        The file's ending, .png, .jpg or .raw, says what is written. A frame that is stored as JPEG
        is written to .jpg as it is stored; .raw has the samples row by row, plane after plane.

          --output <file>       where to write
          --region <x,y,w,h>    only these pixels: left, top, width and height. Where chroma is
                                halved, left and top are even
          --width <pixels>      scaled to this width, its shape kept
          --overwrite           replace the file when it is there

        example: assetctl frames get 0123456789abcdef0123456789abcdef 17 --output f.png
        """
    private let output: String
    private let format: PictureFormat
    private let overwrite: Bool
    private let region: PixelRegion?
    private let width: Int?
    private let job: JobReference
    private let index: Int

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        output = try arguments.requiredOption("output")
        overwrite = try arguments.flag("overwrite")
        region = try arguments.pixelRegion("region")
        width = try arguments.integer("width", in: 1...Limits.frameSide.upperBound)
        job = try JobReference(&arguments)
        index = try arguments.frameIndex()
        guard let format = PictureFormat(ofFile: output) else {
            throw UsageError("--output \(output): expected a name that ends in .png, .jpg or .raw")
        }
        self.format = format
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try OutputFile.check(output, overwrite: overwrite)
        try context.withStore { store in
            let id = try job.resolve(in: store).id
            let pictures = try FramePictures(format)
            let file = try context.outputFile(output, overwrite: overwrite)
            guard try write(id, in: store, pictures, to: file) else {
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

    /// Writes what was asked for; `false` when the frame is not stored.
    private func write(
        _ id: JobID, in store: Store, _ pictures: FramePictures, to file: OutputFile
    ) throws -> Bool {
        if region == nil, width == nil {
            return try pictures.withPicture(ofFrame: index, of: id, in: store, file.append) != nil
        }
        var frames = try StoredFrames(store, id)
        let wanted = format == .raw && width == nil ? nil : PixelFormat.bgraPremultiplied
        let found =
            if let region {
                try frames.region(
                    index, columns: region.columns, rows: region.rows, format: wanted)
            } else {
                try frames.frame(index, format: wanted)
            }
        guard let frame = found else { return false }
        guard let width else {
            try pictures.withPicture(of: frame, file.append)
            return true
        }
        let small = try thumbnail(of: frame, fitting: width, Limits.frameSide.upperBound)
        try pictures.withPicture(of: small, file.append)
        return true
    }
}
