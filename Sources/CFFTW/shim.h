#pragma once
#include <fftw3.h>

/// The version of the library that is loaded. An array of unknown length, which Swift cannot import.
static inline const char *cfftw_version(void) { return fftwf_version; }
