// Text by cairo's own small text interface, with every option fixed that a desktop could set.

internal import CCairo

/// How letters look.
struct Font: Equatable {
    var family: String
    var isBold: Bool
    /// The font's size in pixels.
    var size: Double
}

/// The size of a line of text in pixels.
struct TextExtents {
    /// From the first letter's origin to where the next would begin.
    var advance: Double
    /// Above the baseline, of the font.
    var ascent: Double
    /// Below the baseline, of the font.
    var descent: Double
}

extension Canvas {
    /// Chooses the letters. Grey antialiasing, no hinting, no rounding of widths, so that the
    /// picture depends on the installed fonts only.
    ///
    /// The corresponding C functions are `cairo_select_font_face`, `cairo_set_font_size` and
    /// `cairo_set_font_options`.
    func setFont(_ font: Font) {
        unsafe cairo_select_font_face(
            context, font.family, CAIRO_FONT_SLANT_NORMAL,
            font.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
        unsafe cairo_set_font_size(context, font.size)
        let options = unsafe cairo_font_options_create()
        unsafe cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        unsafe cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        unsafe cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        unsafe cairo_set_font_options(context, options)
        unsafe cairo_font_options_destroy(options)
    }

    /// The size of `text`, which must hold no NUL. The corresponding C functions are
    /// `cairo_text_extents` and `cairo_font_extents`.
    func extents(of text: String) -> TextExtents {
        var line = cairo_text_extents_t()
        var font = cairo_font_extents_t()
        unsafe cairo_text_extents(context, text, &line)
        unsafe cairo_font_extents(context, &font)
        return TextExtents(advance: line.x_advance, ascent: font.ascent, descent: font.descent)
    }

    /// Writes `text`, its baseline beginning at (`x`, `y`). The corresponding C function is
    /// `cairo_show_text`.
    func show(_ text: String, x: Double, y: Double) {
        unsafe cairo_move_to(context, x, y)
        unsafe cairo_show_text(context, text)
    }
}
