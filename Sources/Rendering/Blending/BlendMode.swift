// The blend modes by the names that CSS and canvas give them. To add one: a case here, a kernel in
// `BlendKernels.swift`, a line in `blend`.

/// How a layer's colours meet the colours below.
///
/// Raw values are the names of CSS `mix-blend-mode` and of canvas `globalCompositeOperation`; the
/// formulas are those of the W3C's Compositing and Blending Level 1.
public enum BlendMode: String, Codable, Sendable, CaseIterable {
    /// The layer covers what is below (source over).
    case normal
    /// The product of both colours; never lighter than either.
    case multiply
    /// The product of the complements; never darker than either.
    case screen
    /// Hard light with the two layers swapped: dark stays dark, light stays light.
    case overlay
    /// The darker of the two, channel by channel.
    case darken
    /// The lighter of the two, channel by channel.
    case lighten
    /// Multiply where the layer is dark, screen where it is light.
    case hardLight = "hard-light"
    /// The distance between the two.
    case difference
    /// Like difference, with less contrast.
    case exclusion
    /// The sum of both, as light adds up. The Porter-Duff operator plus.
    case lighter
}
