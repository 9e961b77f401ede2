// Mixes channels down to one, by the "speakers" rules of the Web Audio API.

/// How the channels of a source become one.
enum MonoMix: Sendable {
    case copy
    /// 0.5 (L + R)
    case stereo
    /// 0.25 (L + R + SL + SR)
    case quad
    /// √½ (L + R) + C + ½ (SL + SR), the low frequencies left out
    case surround5Point1
    /// Any other number of channels: their average
    case average

    init(channelCount: Int, is5Point1: Bool) {
        switch channelCount {
        case 1: self = .copy
        case 2: self = .stereo
        case 4: self = .quad
        case 6 where is5Point1: self = .surround5Point1
        default: self = .average
        }
    }

    /// Mixes `count` interleaved sample frames of `channelCount` channels in place.
    ///
    /// They begin at `first`, and so does the mix, one value for each.
    func mix(
        _ samples: inout MutableSpan<Float>, from first: Int, count: Int, channelCount: Int
    ) {
        for index in 0..<count {
            let at = first + index * channelCount
            let mixed: Float
            switch self {
            case .copy: return
            case .stereo: mixed = 0.5 * (samples[at] + samples[at + 1])
            case .quad:
                mixed =
                    0.25 * (samples[at] + samples[at + 1] + samples[at + 2] + samples[at + 3])
            case .surround5Point1:
                let front = Self.rootOfHalf * (samples[at] + samples[at + 1])
                mixed = front + samples[at + 2] + 0.5 * (samples[at + 4] + samples[at + 5])
            case .average:
                var sum: Float = 0
                for channel in 0..<channelCount { sum += samples[at + channel] }
                mixed = sum / Float(channelCount)
            }
            samples[first + index] = mixed
        }
    }

    private static let rootOfHalf = Float(0.5).squareRoot()
}
