#pragma once

// What glibc declares only behind _GNU_SOURCE, which Swift's Glibc module does not define. No
// system header is included here: this module would come to own its types.

// fallocate(2)
extern int fallocate(int descriptor, int mode, long offset, long length);

enum {
    assetstore_FALLOC_FL_KEEP_SIZE = 0x01,
    assetstore_FALLOC_FL_PUNCH_HOLE = 0x02,
};

// sync_file_range(2)
extern int sync_file_range(int descriptor, long offset, long length, unsigned int flags);

enum { assetstore_SYNC_FILE_RANGE_WRITE = 0x02 };

// syncfs(2)
extern int syncfs(int descriptor);

// open(2): a file without a name.
enum { assetstore_O_TMPFILE = 020200000 };

// pwritev2(2): a write that is durable when it returns.
extern long pwritev2(
    int descriptor, const void *pieces, int count, long offset, int flags);
enum { assetstore_RWF_DSYNC = 2 };

// fcntl(2): open-file-description locks.
enum { assetstore_F_OFD_GETLK = 36, assetstore_F_OFD_SETLK = 37, assetstore_F_OFD_SETLKW = 38 };

// lseek(2): where a file has data, and where it has none.
enum { assetstore_SEEK_DATA = 3, assetstore_SEEK_HOLE = 4 };

// copy_file_range(2)
extern long copy_file_range(
    int source, long *sourceOffset, int target, long *targetOffset, unsigned long length,
    unsigned int flags);
