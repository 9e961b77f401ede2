// What a fuzzer needs no disk for: its stores lie in memory and are thrown away, and whether what was
// synced survives is what the torture asks. These stand in for glibc's in the whole process. Making
// room for a file only makes it longer: a file system in memory would fill 32 MiB with zeros for
// every store.

#define _GNU_SOURCE
#include "CNoDisk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void assetstore_use_no_disk(void) {}

int fsync(int descriptor) {
    (void)descriptor;
    return 0;
}

int fdatasync(int descriptor) {
    (void)descriptor;
    return 0;
}

int sync_file_range(int descriptor, off_t offset, off_t length, unsigned int flags) {
    (void)descriptor;
    (void)offset;
    (void)length;
    (void)flags;
    return 0;
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    if (mode != 0) return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
    struct stat status;
    if (fstat(descriptor, &status) != 0) return -1;
    if (status.st_size >= offset + length) return 0;
    return ftruncate(descriptor, offset + length);
}
