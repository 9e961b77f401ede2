// The arithmetic of the blend modes, on eight premultiplied pixels at a time.
//
// W3C: co = cs (1 − αb) + cb (1 − αs) + αs αb B(Cb, Cs), with co, cs, cb premultiplied and B taken
// of the unpremultiplied colours. For every mode here αs αb B comes out of premultiplied colours
// without a division, and all terms are products of two 8-bit numbers. So a pixel is summed up
// exactly in units of 1/255² in 16 bits (65025 is the most a valid pixel can reach) and rounded
// once. Alpha goes through the same formula with cs = αs and cb = αb.
//
// Opacity scales αs and cs, and co is linear in both (save for `lighter`, which clamps): the result
// at opacity p is (1 − p) cb + p co. That is computed on the unrounded sums.

/// Sixteen channel values, or sums of products of two of them.
typealias Lanes = SIMD16<UInt16>

/// A mode's arithmetic. `s` and `b` are premultiplied channels of source and backdrop, `sa` and
/// `ba` their alphas, all 0…255.
protocol BlendKernel {
    /// The blended channels times 255.
    static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes
    /// Whether ``blended(s:sa:b:ba:)`` is right for alpha as well as for colours.
    static var coversAlpha: Bool { get }
    /// Whether the result is the clamped sum of both rather than linear in opacity.
    static var isSum: Bool { get }
}

extension BlendKernel {
    @inline(__always) static var coversAlpha: Bool { true }
    @inline(__always) static var isSum: Bool { false }

    /// cs (1 − αb) + cb (1 − αs): what each layer shows where the other is not.
    @inline(__always) static func apart(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        s &* (255 &- ba) &+ b &* (255 &- sa)
    }
}

enum NormalKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        s &* 255 &+ b &* (255 &- sa)
    }
}

enum MultiplyKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        apart(s: s, sa: sa, b: b, ba: ba) &+ s &* b
    }
}

enum ScreenKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        s &* 255 &+ b &* (255 &- s)
    }
}

enum OverlayKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        HardLightKernel.hardLight(s: s, sa: sa, b: b, ba: ba, isDark: (2 &* b) .<= ba)
    }
}

enum DarkenKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        apart(s: s, sa: sa, b: b, ba: ba) &+ lesser(s &* ba, b &* sa)
    }
}

enum LightenKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        // max(x, y) = x + y − min(x, y)
        s &* 255 &+ b &* 255 &- lesser(s &* ba, b &* sa)
    }
}

enum HardLightKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        hardLight(s: s, sa: sa, b: b, ba: ba, isDark: (2 &* s) .<= sa)
    }

    /// Both branches multiplied out. With both = 255 (s + b) and d = s αb + b αs − 2 s b, dark
    /// (multiply by 2s) is both − d and light (screen with 2s − 1) is both + d − αs αb. Steps may
    /// wrap around; the sum is within 16 bits again.
    @inline(__always)
    static func hardLight(
        s: Lanes, sa: Lanes, b: Lanes, ba: Lanes, isDark: SIMDMask<SIMD16<Int16>>
    ) -> Lanes {
        let both = (s &+ b) &* 255
        let d = s &* ba &+ b &* (sa &- 2 &* s)
        return both &+ chosen(0 &- d, where: isDark, else: d &- sa &* ba)
    }
}

enum DifferenceKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        // |x − y| = x + y − 2 min(x, y)
        s &* 255 &+ b &* 255 &- 2 &* lesser(s &* ba, b &* sa)
    }
    @inline(__always) static var coversAlpha: Bool { false }
}

enum ExclusionKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        s &* (255 &- b) &+ b &* (255 &- s)
    }
    @inline(__always) static var coversAlpha: Bool { false }
}

enum LighterKernel: BlendKernel {
    @inline(__always) static func blended(s: Lanes, sa: Lanes, b: Lanes, ba: Lanes) -> Lanes {
        s &* 255
    }
    @inline(__always) static var isSum: Bool { true }
}

/// The smaller of each pair.
@inline(__always) private func lesser(_ left: Lanes, _ right: Lanes) -> Lanes {
    chosen(left, where: left .< right, else: right)
}

/// `first` where the mask is set, `second` elsewhere, without a branch.
@inline(__always)
private func chosen(
    _ first: Lanes, where mask: SIMDMask<SIMD16<Int16>>, else second: Lanes
) -> Lanes {
    let bits = unsafe unsafeBitCast(mask, to: Lanes.self)
    return second ^ ((first ^ second) & bits)
}

/// How opaque a source is, in the form that the kernels multiply with.
struct BlendOpacity {
    /// The opacity and what is missing to 1, in 1/65536.
    private let part: SIMD8<UInt32>
    private let rest: SIMD8<UInt32>

    /// - Parameter scale: 1…65535 in 1/65536.
    init(scale: UInt32) {
        part = SIMD8(repeating: scale & 0xFFFF)
        rest = SIMD8(repeating: (65_536 - scale) & 0xFFFF)
    }

    /// `source` × opacity + `backdrop` × (1 − opacity), at most 2 too small.
    @inline(__always) func mix(_ source: Lanes, _ backdrop: Lanes) -> Lanes {
        upperHalf(source, part) &+ upperHalf(backdrop, rest)
    }

    /// `lanes` × opacity, rounded down.
    @inline(__always) func of(_ lanes: Lanes) -> Lanes { upperHalf(lanes, part) }

    /// The upper 16 bits of each product. Written on 32-bit lanes whose upper halves are known to
    /// be empty, which compiles to the vector units' own instruction for it.
    @inline(__always) private func upperHalf(_ values: Lanes, _ factor: SIMD8<UInt32>) -> Lanes {
        let words = pixels(values)
        let even = ((words & 0xFFFF) &* factor) &>> 16
        let odd = ((words &>> 16) &* factor) & 0xFFFF_0000
        return lanes(even | odd)
    }
}

/// Blends eight pixels; an opacity of nil means 1.
@inline(__always)
func blended<Kernel: BlendKernel>(
    _ source: SIMD8<UInt32>, onto backdrop: SIMD8<UInt32>, opacity: BlendOpacity?,
    by kernel: Kernel.Type
) -> SIMD8<UInt32> {
    // Blue and red lie in the even bytes of a pixel, green and alpha in the odd ones.
    let even = SIMD8<UInt32>(repeating: 0x00FF_00FF)
    let sourceAlpha = bothHalves(source &>> 24)
    let backdropAlpha = bothHalves(backdrop &>> 24)
    let blueRed = mixed(
        lanes(source & even), sourceAlpha, lanes(backdrop & even), backdropAlpha, opacity,
        by: kernel)
    var greenAlpha = mixed(
        lanes((source &>> 8) & even), sourceAlpha, lanes((backdrop &>> 8) & even),
        backdropAlpha, opacity, by: kernel)
    if !kernel.coversAlpha {
        let alpha = mixed(
            sourceAlpha, sourceAlpha, backdropAlpha, backdropAlpha, opacity,
            by: NormalKernel.self)
        let isAlpha = lanes(SIMD8<UInt32>(repeating: 0xFFFF_0000))
        greenAlpha = greenAlpha ^ ((greenAlpha ^ alpha) & isAlpha)
    }
    return pixels(dividedBy255(blueRed)) | (pixels(dividedBy255(greenAlpha)) &<< 8)
}

/// The blended sums with opacity taken into account.
@inline(__always)
private func mixed<Kernel: BlendKernel>(
    _ s: Lanes, _ sa: Lanes, _ b: Lanes, _ ba: Lanes, _ opacity: BlendOpacity?,
    by kernel: Kernel.Type
) -> Lanes {
    var sum = kernel.blended(s: s, sa: sa, b: b, ba: ba)
    if kernel.isSum {
        if let opacity { sum = opacity.of(sum) }
        return b &* 255 &+ lesser(sum, (255 &- b) &* 255)
    }
    if let opacity { sum = opacity.mix(sum, b &* 255) }
    return sum
}

/// Each lane divided by 255 and rounded to nearest; exact up to 65025.
@inline(__always) private func dividedBy255(_ lanes: Lanes) -> Lanes {
    let biased = lanes &+ 128
    return (biased &+ (biased &>> 8)) &>> 8
}

@inline(__always) private func bothHalves(_ value: SIMD8<UInt32>) -> Lanes {
    lanes(value | (value &<< 16))
}

@inline(__always) private func lanes(_ pixels: SIMD8<UInt32>) -> Lanes {
    unsafe unsafeBitCast(pixels, to: Lanes.self)
}

@inline(__always) private func pixels(_ lanes: Lanes) -> SIMD8<UInt32> {
    unsafe unsafeBitCast(lanes, to: SIMD8<UInt32>.self)
}
