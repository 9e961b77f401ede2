#pragma once
#include <xxhash.h>
#if defined(__x86_64__)
// Makes the names below those of functions that choose, at run time, what the processor does best; the
// plain ones use nothing that is newer than SSE2, and take twice as long.
#include <xxh_x86dispatch.h>
#endif

static inline XXH64_hash_t assetstore_XXH3_64bits(const void *bytes, size_t count) {
    return XXH3_64bits(bytes, count);
}

static inline XXH128_hash_t assetstore_XXH3_128bits(const void *bytes, size_t count) {
    return XXH3_128bits(bytes, count);
}

static inline XXH_errorcode assetstore_XXH3_128bits_update(
    XXH3_state_t *state, const void *bytes, size_t count) {
    return XXH3_128bits_update(state, bytes, count);
}
