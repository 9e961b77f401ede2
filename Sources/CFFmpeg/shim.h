#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/sha.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

// Values of macros that Swift cannot import.
static const int assetstore_averror_again = AVERROR(EAGAIN);
static const int assetstore_averror_eof = AVERROR_EOF;
static const int assetstore_averror_no_memory = AVERROR(ENOMEM);
static const int assetstore_averror_io = AVERROR(EIO);
static const int64_t assetstore_nopts_value = AV_NOPTS_VALUE;
static const unsigned long long assetstore_mask_5point1 = AV_CH_LAYOUT_5POINT1;
static const unsigned long long assetstore_mask_5point1_back = AV_CH_LAYOUT_5POINT1_BACK;

// For AVFormatContext.io_open: a container may not make libavformat open anything else.
static inline int assetstore_refuse_open(
    struct AVFormatContext *context, AVIOContext **io, const char *url, int flags,
    AVDictionary **options) {
    return AVERROR(EPERM);
}
static inline void assetstore_forbid_opening(struct AVFormatContext *context) {
    context->io_open = assetstore_refuse_open;
}
