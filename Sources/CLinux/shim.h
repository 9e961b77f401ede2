#pragma once

// What glibc declares only behind _GNU_SOURCE, which Swift's Glibc module does not define. No
// system header is included here: this module would come to own its types.

// fallocate(2)
extern int fallocate(int descriptor, int mode, long offset, long length);

// fcntl(2): open-file-description locks.
enum { assetstore_F_OFD_GETLK = 36, assetstore_F_OFD_SETLK = 37 };
