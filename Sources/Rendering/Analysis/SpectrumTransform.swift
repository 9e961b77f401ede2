// The discrete Fourier transform, by FFTW, and the one owner of its plan and buffers.

internal import Basics
internal import CFFTW
internal import Synchronization

/// FFTW's planner shares state between all threads; plans are made and destroyed under this lock.
/// Running a plan needs none.
private let planner = Mutex(())

/// A single-precision transform of real samples to the magnitudes of their spectrum. Not
/// thread-safe; each analysis owns one.
///
/// Plans are estimated, never measured, so that the same plan is made every time: measured plans
/// vary from run to run, and with them the last bits of the result.
@safe struct SpectrumTransform: ~Copyable {
    /// The number of samples, a power of two.
    let sampleCount: Int
    private let samples: UnsafeMutablePointer<Float>
    /// Pairs of real and imaginary parts, `sampleCount / 2 + 1` of them.
    private let spectrum: UnsafeMutablePointer<fftwf_complex>
    private let plan: fftwf_plan

    /// The corresponding C function is `fftwf_plan_dft_r2c_1d` with `FFTW_ESTIMATE`.
    init(sampleCount: Int) throws(AssetError) {
        let shortage = AssetError(
            .library,
            "FFTW could not plan a transform of \(sampleCount) samples; is memory short?")
        guard let samples = unsafe fftwf_alloc_real(sampleCount) else { throw shortage }
        guard let spectrum = unsafe fftwf_alloc_complex(sampleCount / 2 + 1) else {
            unsafe fftwf_free(samples)
            throw shortage
        }
        // As a number, because a pointer may not leave a lock.
        let address = planner.withLock { _ in
            unsafe UInt(
                bitPattern: fftwf_plan_dft_r2c_1d(
                    CInt(sampleCount), samples, spectrum, FFTW_ESTIMATE))
        }
        guard let plan = unsafe fftwf_plan(bitPattern: address) else {
            unsafe fftwf_free(samples)
            unsafe fftwf_free(spectrum)
            throw shortage
        }
        self.sampleCount = sampleCount
        unsafe self.samples = samples
        unsafe self.spectrum = spectrum
        unsafe self.plan = plan
    }

    deinit {
        planner.withLock { _ in unsafe fftwf_destroy_plan(plan) }
        unsafe fftwf_free(samples)
        unsafe fftwf_free(spectrum)
    }

    /// Transforms samples that `fill` writes, and hands over the magnitudes of the lower half of
    /// the spectrum, divided by the number of samples.
    ///
    /// The corresponding C function is `fftwf_execute`. The imaginary part of bin 0 is zero for
    /// real samples, and the bin at half the sample rate is left out, as in the Web Audio API.
    mutating func magnitudes(
        filledBy fill: (inout MutableSpan<Float>) -> Void, _ body: (Int, Double) -> Void
    ) {
        var input = unsafe MutableSpan(_unsafeStart: samples, count: sampleCount)
        fill(&input)
        unsafe fftwf_execute(plan)
        let scale = 1 / Double(sampleCount)
        for bin in 0..<sampleCount / 2 {
            let (real, imaginary) = unsafe spectrum[bin]
            let square = Double(real) * Double(real) + Double(imaginary) * Double(imaginary)
            body(bin, square.squareRoot() * scale)
        }
    }
}
