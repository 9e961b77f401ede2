// Directions of gradients.

internal import Glibc

/// A unit vector in a picture, whose y axis points down.
struct Direction {
    let x: Float
    let y: Float

    /// Degrees clockwise from straight up, as CSS counts them.
    init(degrees: Double) {
        let radians = degrees * .pi / 180
        x = Float(sin(radians))
        y = Float(-cos(radians))
    }
}
