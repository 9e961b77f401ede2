// What frames are drawn with, for whoever must know that two machines draw alike.

internal import CCairo
internal import CFFTW
internal import CPixman

extension FrameRenderer {
    /// The C libraries that take part in a frame's bytes, with the versions that are loaded: `cairo`,
    /// `fftw` and `pixman`.
    ///
    /// Frames of the same scene may differ in last bits between versions; text also depends on the
    /// installed fonts. The corresponding C functions are `cairo_version_string` and
    /// `pixman_version_string`.
    public static var libraryVersions: [String: String] {
        unsafe [
            "cairo": String(cString: cairo_version_string()),
            "fftw": String(cString: cfftw_version()),
            "pixman": String(cString: pixman_version_string()),
        ]
    }
}
