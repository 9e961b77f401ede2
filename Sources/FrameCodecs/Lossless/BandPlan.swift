// How one group of one band is packed, and how that is written down.

/// What a group of channels in a band is stored as.
struct BandPlan: Equatable {
    /// Equal to the reference: nothing else is stored.
    var isSameAsReference = false
    /// What is stored are differences to the reference, sample by sample.
    var isDifference = false
    var predictor = Predictor.gradient
    /// The first differences of channels that are the same all over, by track; `nil` for tracks
    /// whose channel is not.
    var constants: [UInt8?] = []

    private static let differenceFlag: UInt8 = 16
    private static let sameFlag: UInt8 = 32

    /// Whether a track's channel is the same all over.
    func isConstant(_ track: Int) -> Bool { constant(track) != nil }

    /// The first difference of a track whose channel is the same all over.
    func constant(_ track: Int) -> UInt8? { track < constants.count ? constants[track] : nil }

    /// The plan as it is stored.
    var byte: UInt8 {
        isSameAsReference
            ? Self.sameFlag : predictor.rawValue | (isDifference ? Self.differenceFlag : 0)
    }

    init(isSameAsReference: Bool) { self.isSameAsReference = isSameAsReference }

    init(predictor: Predictor, isDifference: Bool) {
        self.predictor = predictor
        self.isDifference = isDifference
    }

    /// The plan that is stored as `byte`; `nil` when it is none.
    init?(byte: UInt8) {
        if byte == Self.sameFlag {
            isSameAsReference = true
            return
        }
        guard let predictor = Predictor(rawValue: byte & ~Self.differenceFlag) else { return nil }
        self.predictor = predictor
        isDifference = byte & Self.differenceFlag != 0
    }
}

/// How a track of a band is stored. Raw values are stored.
enum TrackMode: UInt8 {
    /// The first difference, one byte; all others are 0.
    case constant = 0
    /// Symbols by the codes of the track.
    case coded = 1
    /// The bytes of the differences as they are, because the codes would take more.
    case raw = 2
}

/// Which rows are looked at before the codes are made: all of a small frame, else 4 of 32.
struct Survey {
    let isComplete: Bool

    init(_ shape: LosslessShape) {
        isComplete = shape.width * shape.height <= 1 << 16
    }

    /// Whether a row is looked at, by its place in the band.
    func includes(_ offset: Int) -> Bool { isComplete || offset & 31 >= 12 && offset & 31 < 16 }

    /// Whether the row above was looked at, too, or there is none.
    func knowsAbove(_ offset: Int) -> Bool { offset == 0 || includes(offset - 1) }
}
