// Drawing by cairo on a frame's own memory.

internal import Basics
internal import CCairo
internal import FrameCodecs

/// A pen on a frame. It lives within ``draw(on:within:_:)`` and draws with sRGB colours, source
/// over, antialiased; coordinates are in pixels from the upper left corner.
///
/// Cairo keeps the first error and ignores what comes after; ``draw(on:within:_:)`` reports it.
@safe struct Canvas: ~Copyable {
    private let surface: OpaquePointer
    let context: OpaquePointer

    /// Lends a pen on `frame`, which must be premultiplied BGRA.
    ///
    /// - Parameter bounds: what may be changed; all when nil.
    /// - Throws: ``AssetError/Code/library`` when cairo fails, which it does when memory is short.
    static func draw(
        on frame: inout Frame, within bounds: PixelRectangle? = nil,
        _ body: (borrowing Canvas) throws(AssetError) -> Void
    ) throws(AssetError) {
        precondition(frame.format == .bgraPremultiplied, "cairo draws on premultiplied BGRA")
        let (width, height, stride) = (frame.width, frame.height, frame.planes[0].stride)
        var failure: AssetError?
        unsafe frame.withUnsafeMutableBytes { bytes in
            do throws(AssetError) {
                let canvas = unsafe try Canvas(
                    memory: bytes, width: width, height: height, stride: stride)
                if let bounds { canvas.clip(to: bounds) }
                try body(canvas)
                try canvas.finish()
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// The corresponding C functions are `cairo_image_surface_create_for_data` and `cairo_create`.
    private init(
        memory: UnsafeMutableRawBufferPointer, width: Int, height: Int, stride: Int
    ) throws(AssetError) {
        guard
            let surface = unsafe cairo_image_surface_create_for_data(
                memory.baseAddress?.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_ARGB32,
                CInt(width), CInt(height), CInt(stride))
        else { throw Self.error(CAIRO_STATUS_NO_MEMORY) }
        guard let context = unsafe cairo_create(surface) else {
            unsafe cairo_surface_destroy(surface)
            throw Self.error(CAIRO_STATUS_NO_MEMORY)
        }
        unsafe self.surface = surface
        unsafe self.context = context
    }

    deinit {
        unsafe cairo_destroy(context)
        unsafe cairo_surface_destroy(surface)
    }

    /// Makes sure that all is drawn, and that all went well. The corresponding C functions are
    /// `cairo_surface_flush`, `cairo_status` and `cairo_surface_status`.
    private func finish() throws(AssetError) {
        unsafe cairo_surface_flush(surface)
        for status in unsafe [cairo_status(context), cairo_surface_status(surface)] {
            if status != CAIRO_STATUS_SUCCESS { throw Self.error(status) }
        }
    }

    private static func error(_ status: cairo_status_t) -> AssetError {
        let reason = unsafe String(cString: cairo_status_to_string(status))
        return AssetError(
            .library,
            "cairo could not draw: \(reason); try again with fewer workers or a smaller frame")
    }

    // MARK: Paths

    /// Leaves everything outside `bounds` alone from now on.
    func clip(to bounds: PixelRectangle) {
        unsafe cairo_rectangle(
            context, Double(bounds.x), Double(bounds.y), Double(max(0, bounds.width)),
            Double(max(0, bounds.height)))
        unsafe cairo_clip(context)
    }

    /// Leaves everything outside the path alone from now on, and forgets the path.
    func clipToPath() { unsafe cairo_clip(context) }

    func move(toX x: Double, y: Double) { unsafe cairo_move_to(context, x, y) }

    func addLine(toX x: Double, y: Double) { unsafe cairo_line_to(context, x, y) }

    /// Adds a rectangle with round corners to the path; a radius of 0 makes them square.
    func addRectangle(_ area: Area, radius: Double = 0) {
        guard radius > 0 else {
            unsafe cairo_rectangle(context, area.x, area.y, area.width, area.height)
            return
        }
        let (left, top) = (area.x + radius, area.y + radius)
        let (right, bottom) = (area.x + area.width - radius, area.y + area.height - radius)
        let quarter = Double.pi / 2
        unsafe cairo_new_sub_path(context)
        unsafe cairo_arc(context, right, top, radius, -quarter, 0)
        unsafe cairo_arc(context, right, bottom, radius, 0, quarter)
        unsafe cairo_arc(context, left, bottom, radius, quarter, 2 * quarter)
        unsafe cairo_arc(context, left, top, radius, 2 * quarter, 3 * quarter)
        unsafe cairo_close_path(context)
    }

    // MARK: Ink

    func setColor(_ color: Color) {
        unsafe cairo_set_source_rgba(
            context, Double(color.red) / 255, Double(color.green) / 255,
            Double(color.blue) / 255, Double(color.alpha) / 255)
    }

    /// Fills the path and forgets it.
    func fill() { unsafe cairo_fill(context) }

    /// Draws along the path with round ends and joins, and forgets it.
    func stroke(width: Double) {
        unsafe cairo_set_line_width(context, width)
        unsafe cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
        unsafe cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
        // How far a curve may be off, in pixels: joins are small, and there are many.
        unsafe cairo_set_tolerance(context, 0.3)
        unsafe cairo_stroke(context)
    }

    /// Draws a whole frame into `area`, scaled with cairo's best filter, within the clip.
    func draw(_ frame: borrowing Frame, in area: Area) {
        let (width, height) = (Double(frame.width), Double(frame.height))
        unsafe withPattern(of: frame) { pattern in
            var matrix = cairo_matrix_t()
            unsafe cairo_matrix_init_scale(&matrix, width / area.width, height / area.height)
            unsafe cairo_matrix_translate(&matrix, -area.x, -area.y)
            unsafe cairo_pattern_set_matrix(pattern, &matrix)
            unsafe cairo_pattern_set_filter(pattern, CAIRO_FILTER_BEST)
            // The edge's own colour beyond the edge: no dark rim from blending with nothing.
            unsafe cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD)
            unsafe cairo_set_source(context, pattern)
            unsafe cairo_rectangle(context, area.x, area.y, area.width, area.height)
            unsafe cairo_fill(context)
        }
    }

    /// Lends a frame as a source; cairo only reads it, and lets go of it afterwards.
    private func withPattern(of frame: borrowing Frame, _ body: (OpaquePointer?) -> Void) {
        let (width, height, stride) = (frame.width, frame.height, frame.planes[0].stride)
        unsafe frame.withUnsafeBytes { bytes in
            let memory = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            let surface = unsafe cairo_image_surface_create_for_data(
                memory?.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_ARGB32, CInt(width),
                CInt(height), CInt(stride))
            let pattern = unsafe cairo_pattern_create_for_surface(surface)
            unsafe body(pattern)
            unsafe cairo_set_source_rgba(context, 0, 0, 0, 0)
            unsafe cairo_pattern_destroy(pattern)
            unsafe cairo_surface_finish(surface)
            unsafe cairo_surface_destroy(surface)
        }
    }
}
