#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/sha.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

// Function-like macros that Swift cannot import.
static inline int assetstore_averror(int code) { return AVERROR(code); }
static const int assetstore_averror_eof = AVERROR_EOF;
static const int64_t assetstore_nopts_value = AV_NOPTS_VALUE;
