// Converts decoded or given audio to the sample format, rate and channels that are wanted.

internal import Basics
internal import CFFmpeg

/// What a run of audio samples looks like.
@safe struct AudioShape {
    var sampleRate: CInt
    var layout: AVChannelLayout
    var sampleFormat: AVSampleFormat

    var channelCount: Int { unsafe Int(layout.nb_channels) }

    /// The corresponding C function is `av_channel_layout_default`.
    init(sampleRate: Int, channelCount: Int, sampleFormat: AVSampleFormat) {
        self.sampleRate = CInt(clamping: sampleRate)
        self.sampleFormat = sampleFormat
        unsafe layout = AVChannelLayout()
        unsafe av_channel_layout_default(&layout, CInt(clamping: channelCount))
    }

    /// The shape of a decoded frame; a layout that names no channels becomes the usual one.
    init(_ frame: UnsafeMutablePointer<AVFrame>) {
        unsafe self.init(
            sampleRate: Int(frame.pointee.sample_rate),
            channelCount: Int(frame.pointee.ch_layout.nb_channels),
            sampleFormat: AVSampleFormat(rawValue: frame.pointee.format))
        if unsafe frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE {
            unsafe layout = frame.pointee.ch_layout
        }
    }

    /// The shape of what `codec` decodes, as interleaved floats.
    init(floatsOf codec: UnsafeMutablePointer<AVCodecContext>) {
        unsafe self.init(
            sampleRate: Int(codec.pointee.sample_rate),
            channelCount: Int(codec.pointee.ch_layout.nb_channels),
            sampleFormat: AV_SAMPLE_FMT_FLT)
        if unsafe codec.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE {
            unsafe layout = codec.pointee.ch_layout
        }
    }

    /// Whether the channels are left, right, centre, low frequencies and two surrounds.
    var is5Point1: Bool {
        let mask = unsafe layout.u.mask
        return mask == assetstore_mask_5point1 || mask == assetstore_mask_5point1_back
    }

    /// Whether converting from the one is converting from the other. The corresponding C function
    /// is `av_channel_layout_compare`.
    func matches(_ other: AudioShape) -> Bool {
        guard sampleRate == other.sampleRate, sampleFormat == other.sampleFormat else {
            return false
        }
        var (left, right) = unsafe (layout, other.layout)
        return unsafe av_channel_layout_compare(&left, &right) == 0
    }
}

/// The one owner of a `SwrContext`. Not thread-safe.
@safe final class Resampler {
    let input: AudioShape
    private var context: OpaquePointer?

    /// The corresponding C functions are `swr_alloc_set_opts2` and `swr_init`.
    init(from input: AudioShape, to output: AudioShape) throws(AssetError) {
        self.input = input
        unsafe context = nil
        var (from, to) = unsafe (input.layout, output.layout)
        try Libav.check(
            "swr_alloc_set_opts2",
            unsafe swr_alloc_set_opts2(
                &context, &to, output.sampleFormat, output.sampleRate, &from, input.sampleFormat,
                input.sampleRate, 0, nil))
        try Libav.check("swr_init", unsafe swr_init(context))
    }

    deinit { unsafe swr_free(&context) }

    /// An upper bound on what `count` sample frames of input give. The corresponding C function is
    /// `swr_get_out_samples`.
    func outputCountMax(for count: Int) throws(AssetError) -> Int {
        Int(
            try Libav.check(
                "swr_get_out_samples",
                unsafe swr_get_out_samples(context, CInt(clamping: count))))
    }

    /// Converts, and returns the sample frames written. Without input it drains what is left. The
    /// corresponding C function is `swr_convert`.
    func convert(
        _ input: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, count: Int,
        into output: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, capacity: Int
    ) throws(AssetError) -> Int {
        Int(
            try Libav.check(
                "swr_convert",
                unsafe swr_convert(context, output, CInt(capacity), input, CInt(count))))
    }
}
