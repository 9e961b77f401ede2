#pragma once
// The mode of literals is declared only for those who link statically, but every shared library of
// the 1.x series takes it.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

// Values of macros that Swift cannot import.
static const ZSTD_cParameter assetstore_zstd_literal_mode = ZSTD_c_literalCompressionMode;
static const unsigned long long assetstore_zstd_size_unknown = ZSTD_CONTENTSIZE_UNKNOWN;
static const unsigned long long assetstore_zstd_size_error = ZSTD_CONTENTSIZE_ERROR;
