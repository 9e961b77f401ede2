// The suite `frames`: the codecs of frames beside those that others use.
//
//   lossless-encode   frames packed without loss by one thread: how fast, and how small
//   lossless-decode   the same frames unpacked again
//   jpeg              packing and unpacking JPEGs, beside libjpeg-turbo called directly
//   sequence-write    frames packed without loss into the store, on all processors
//   sequence-read     frames read from the store in order, on all processors

extension Suite {
    static let frames = Suite(
        name: "frames", summary: "the codecs of frames beside those that others use",
        works: [
            Work(
                "lossless-encode", "frames packed without loss by one thread, and how small",
                rows: LosslessCodecs.encodeRowNames(Material.drawn),
                LosslessCodecs.measureEncoding),
            Work(
                "lossless-decode", "frames unpacked by one thread, all samples as they were",
                rows: LosslessCodecs.decodeRowNames(Material.drawn),
                LosslessCodecs.measureDecoding),
            Work(
                "jpeg", "JPEGs packed and unpacked, beside libjpeg-turbo called directly",
                rows: JPEGCodecs.rowNames, JPEGCodecs.measure),
            Work(
                "sequence-write", "frames packed without loss into the store, all processors",
                Sequences.measureWriting),
            Work(
                "sequence-read", "frames read from the store in order, all processors",
                Sequences.measureReading),
        ])
}
