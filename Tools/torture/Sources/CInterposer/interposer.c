// Stands between a process and the kernel: records the calls that change files below a directory,
// and kills the process or fails a call at a chosen one. See `interposer.h`.
//
// Calls are passed on by `syscall`, not by the C library's own functions, so nothing here depends on
// the order in which libraries are loaded. Bytes written through mappings are not seen; that a file
// is mapped for writing is noted.

#define _GNU_SOURCE
#include "interposer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DESCRIPTORS = 65536 };

typedef struct {
    _Atomic uint64_t inode; // 0: not looked at
    _Atomic uint32_t flags;
} descriptor;

enum { IS_DIRECTORY = 2, IS_DSYNC = 4 };

static descriptor descriptors[DESCRIPTORS];
static char root[PATH_MAX];
static size_t root_length;
static int trace = -1;
static int is_sparse;
static const char *start_of_machine;
static torture_control *control;
static _Atomic uint32_t call_number;

static void fatal(const char *what) {
    dprintf(2, "interposer: %s: %s\n", what, strerror(errno));
    _exit(86);
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("TORTURE_ROOT");
    if (text == NULL || text[0] != '/') return;
    root_length = strlen(text);
    if (root_length >= sizeof root - 1) fatal("TORTURE_ROOT");
    const char *path = getenv("TORTURE_TRACE");
    if (path != NULL) {
        trace = (int)syscall(
            SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        if (trace < 0) fatal(path);
    }
    path = getenv("TORTURE_CONTROL");
    if (path != NULL) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
        if (file < 0) fatal(path);
        control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (control == MAP_FAILED) fatal(path);
        syscall(SYS_close, file);
    }
    is_sparse = getenv("TORTURE_SPARSE") != NULL;
    start_of_machine = getenv("TORTURE_START");
    memcpy(root, text, root_length + 1);
}

// The part of a path below the root; NULL when it is elsewhere. Relative paths are elsewhere: the
// attacks name everything absolutely.
static const char *inside(const char *path) {
    if (root_length == 0 || path == NULL || strncmp(path, root, root_length) != 0) return NULL;
    if (path[root_length] == 0) return "";
    return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static uint64_t inode_of(int file) {
    if (file < 0 || file >= DESCRIPTORS) return 0;
    uint32_t flags = atomic_load(&descriptors[file].flags);
    return flags & IS_DIRECTORY ? 0 : atomic_load(&descriptors[file].inode);
}

static uint32_t flags_of(int file) {
    return file < 0 || file >= DESCRIPTORS ? 0 : atomic_load(&descriptors[file].flags);
}

// MARK: The trace

static void append(
    const torture_record *record, const char *path, const char *target, const struct iovec *data,
    int count
) {
    if (trace < 0) return;
    struct iovec all[3 + IOV_MAX];
    int used = 0;
    all[used++] = (struct iovec){(void *)record, sizeof *record};
    if (record->path_length > 0) all[used++] = (struct iovec){(void *)path, record->path_length};
    if (record->target_length > 0) {
        all[used++] = (struct iovec){(void *)target, record->target_length};
    }
    size_t total = sizeof *record + record->path_length + record->target_length;
    for (int index = 0; index < count && used < IOV_MAX; index++) {
        all[used++] = data[index];
        total += data[index].iov_len;
    }
    long written = syscall(SYS_writev, trace, all, used);
    if (written < 0 || (size_t)written != total) fatal("the trace can't be written");
}

static torture_record blank(uint32_t kind, uint64_t inode) {
    uint64_t number = atomic_fetch_add(&call_number, 1) + 1;
    return (torture_record){
        .magic = TORTURE_MAGIC,
        .kind = kind,
        .call = (uint64_t)getpid() << 32 | number,
        .inode = inode,
    };
}

static uint64_t note(uint32_t kind, uint64_t inode, int64_t offset, int64_t length) {
    torture_record record = blank(kind, inode);
    record.offset = offset;
    record.length = length;
    append(&record, NULL, NULL, NULL, 0);
    return record.call;
}

static uint64_t note_names(uint32_t kind, uint64_t inode, const char *path, const char *target) {
    torture_record record = blank(kind, inode);
    record.path_length = (uint32_t)strlen(path);
    record.target_length = target == NULL ? 0 : (uint32_t)strlen(target);
    append(&record, path, target, NULL, 0);
    return record.call;
}

static void note_end(uint64_t call, long result) {
    if (trace < 0) return;
    torture_record record = blank(TORTURE_END, 0);
    record.call = call;
    record.result = result < 0 ? -errno : result;
    int saved = errno;
    append(&record, NULL, NULL, NULL, 0);
    errno = saved;
}

// MARK: Acting at a call

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// Counts a call, and says what to do with it. Dies here when that is to be before it.
static uint32_t action_for(uint32_t class) {
    if (control == NULL || (control->classes & class) == 0) return TORTURE_NOTHING;
    uint64_t number = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
    uint64_t last = control->last > control->at ? control->last : control->at;
    if (control->at == 0 || number < control->at || number > last) return TORTURE_NOTHING;
    uint32_t action = control->action;
    if (action == TORTURE_NOTHING) return action;
    __atomic_or_fetch(&control->acted_classes, class, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&control->acted, 1, __ATOMIC_SEQ_CST);
    if (action == TORTURE_KILL_BEFORE) die();
    if (class != TORTURE_CLASS_WRITE) {
        if (action == TORTURE_KILL_HALFWAY) die();
        if (action == TORTURE_SHORT) return TORTURE_NOTHING;
    }
    if (action == TORTURE_FAIL) errno = (int)control->error;
    return action;
}

static void end_action(uint32_t action) {
    if (action == TORTURE_KILL_AFTER || action == TORTURE_KILL_HALFWAY) die();
}

// MARK: Writing

static size_t length_of(const struct iovec *pieces, int count) {
    size_t total = 0;
    for (int index = 0; index < count; index++) total += pieces[index].iov_len;
    return total;
}

// The first half of some pieces, to the byte.
static int halve(const struct iovec *pieces, int count, struct iovec *half, size_t *length) {
    *length = length_of(pieces, count) / 2;
    size_t left = *length;
    int used = 0;
    for (int index = 0; index < count && left > 0 && used < 64; index++) {
        size_t taken = pieces[index].iov_len < left ? pieces[index].iov_len : left;
        half[used++] = (struct iovec){pieces[index].iov_base, taken};
        left -= taken;
    }
    return used;
}

static ssize_t write_at(
    int file, const struct iovec *pieces, int count, off_t offset, int flags, int is_positioned
) {
    uint64_t inode = inode_of(file);
    struct iovec half[64];
    uint32_t action = TORTURE_NOTHING;
    uint64_t call = 0;
    if (inode != 0) {
        action = action_for(TORTURE_CLASS_WRITE);
        if (action == TORTURE_FAIL) return -1;
        size_t length = length_of(pieces, count);
        if ((action == TORTURE_SHORT || action == TORTURE_KILL_HALFWAY) && length > 1) {
            count = halve(pieces, count, half, &length);
            pieces = half;
        }
        if (trace >= 0) {
            torture_record record = blank(TORTURE_WRITE, inode);
            record.offset = is_positioned ? offset : syscall(SYS_lseek, file, 0, SEEK_CUR);
            record.length = (int64_t)length;
            record.data_length = (uint32_t)length;
            int isDurable = (flags & RWF_DSYNC) != 0 || (flags_of(file) & IS_DSYNC) != 0;
            record.flags = isDurable ? TORTURE_DURABLE : 0;
            append(&record, NULL, NULL, pieces, count);
            call = record.call;
        }
    }
    long result =
        !is_positioned ? syscall(SYS_writev, file, pieces, count)
        : flags == 0   ? syscall(SYS_pwritev, file, pieces, count, offset, 0)
                       : syscall(SYS_pwritev2, file, pieces, count, offset, 0, flags);
    if (inode != 0) {
        note_end(call, result);
        end_action(action);
    }
    return result;
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (inode_of(file) == 0) return syscall(SYS_write, file, bytes, count);
    struct iovec piece = {(void *)bytes, count};
    return write_at(file, &piece, 1, 0, 0, 0);
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    return write_at(file, pieces, count, 0, 0, 0);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    if (inode_of(file) == 0) return syscall(SYS_pwrite64, file, bytes, count, offset);
    struct iovec piece = {(void *)bytes, count};
    return write_at(file, &piece, 1, offset, 0, 1);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) {
    return pwrite(file, bytes, count, offset);
}

ssize_t pwritev(int file, const struct iovec *pieces, int count, off_t offset) {
    return write_at(file, pieces, count, offset, 0, 1);
}

ssize_t pwritev64(int file, const struct iovec *pieces, int count, off_t offset) {
    return write_at(file, pieces, count, offset, 0, 1);
}

ssize_t pwritev2(int file, const struct iovec *pieces, int count, off_t offset, int flags) {
    return write_at(file, pieces, count, offset, flags, offset != -1);
}

ssize_t pwritev64v2(int file, const struct iovec *pieces, int count, off_t offset, int flags) {
    return write_at(file, pieces, count, offset, flags, offset != -1);
}

// Recorded afterwards, with what it brought.
ssize_t copy_file_range(
    int in, off_t *in_offset, int out, off_t *out_offset, size_t count, unsigned flags
) {
    uint64_t inode = inode_of(out);
    off_t start = out_offset != NULL ? *out_offset : 0;
    uint32_t action = TORTURE_NOTHING;
    if (inode != 0) {
        action = action_for(TORTURE_CLASS_WRITE);
        if (action == TORTURE_FAIL) return -1;
        if (action == TORTURE_SHORT && count > 1) count /= 2;
    }
    long result = syscall(SYS_copy_file_range, in, in_offset, out, out_offset, count, flags);
    if (inode != 0 && trace >= 0 && result > 0 && out_offset != NULL) {
        int saved = errno;
        void *bytes = malloc((size_t)result);
        if (bytes == NULL || syscall(SYS_pread64, out, bytes, result, start) != result) {
            fatal("what was copied can't be read");
        }
        torture_record record = blank(TORTURE_WRITE, inode);
        record.offset = start;
        record.length = result;
        record.data_length = (uint32_t)result;
        struct iovec piece = {bytes, (size_t)result};
        append(&record, NULL, NULL, &piece, 1);
        note_end(record.call, result);
        free(bytes);
        errno = saved;
    }
    end_action(action);
    return result;
}

// MARK: Reading

ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
    if (inode_of(file) != 0 && action_for(TORTURE_CLASS_READ) == TORTURE_FAIL) return -1;
    return syscall(SYS_pread64, file, bytes, count, offset);
}

ssize_t pread64(int file, void *bytes, size_t count, off_t offset) {
    return pread(file, bytes, count, offset);
}

// MARK: Lengths

int ftruncate(int file, off_t length) {
    uint64_t inode = inode_of(file);
    if (inode == 0) return (int)syscall(SYS_ftruncate, file, length);
    uint32_t action = action_for(TORTURE_CLASS_SIZE);
    if (action == TORTURE_FAIL) return -1;
    uint64_t call = note(TORTURE_TRUNCATE, inode, 0, length);
    long result = syscall(SYS_ftruncate, file, length);
    note_end(call, result);
    end_action(action);
    return (int)result;
}

int ftruncate64(int file, off_t length) { return ftruncate(file, length); }

int fallocate(int file, int mode, off_t offset, off_t length) {
    uint64_t inode = inode_of(file);
    if (inode == 0) return (int)syscall(SYS_fallocate, file, mode, offset, length);
    int isPunch = (mode & 2 /* FALLOC_FL_PUNCH_HOLE */) != 0;
    uint32_t action = action_for(isPunch ? TORTURE_CLASS_PUNCH : TORTURE_CLASS_SIZE);
    if (action == TORTURE_FAIL) return -1;
    uint64_t call = note(isPunch ? TORTURE_PUNCH : TORTURE_ALLOCATE, inode, offset, length);
    long result = 0;
    struct stat status;
    if (!is_sparse || mode != 0) {
        result = syscall(SYS_fallocate, file, mode, offset, length);
    } else if (fstat(file, &status) == 0 && status.st_size < offset + length) {
        result = syscall(SYS_ftruncate, file, offset + length);
    }
    note_end(call, result);
    end_action(action);
    return (int)result;
}

int fallocate64(int file, int mode, off_t offset, off_t length) {
    return fallocate(file, mode, offset, length);
}

// MARK: Syncing

static int sync_by(long number, int file) {
    uint32_t flags = flags_of(file);
    uint64_t inode = inode_of(file);
    if (inode == 0 && (flags & IS_DIRECTORY) == 0) return (int)syscall(number, file);
    uint32_t action = action_for(TORTURE_CLASS_SYNC);
    uint64_t call;
    if (flags & IS_DIRECTORY) {
        char link[64], path[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
        if (length < 0) fatal(link);
        path[length] = 0;
        const char *name = inside(path);
        call = note_names(TORTURE_SYNCDIR, 0, name == NULL ? "" : name, NULL);
    } else {
        call = note(TORTURE_SYNC, inode, 0, 0);
    }
    if (action == TORTURE_FAIL) errno = (int)control->error;
    long result = action == TORTURE_FAIL ? -1 : syscall(number, file);
    note_end(call, result);
    end_action(action);
    return (int)result;
}

int fsync(int file) { return sync_by(SYS_fsync, file); }

int fdatasync(int file) { return sync_by(SYS_fdatasync, file); }

// MARK: Opening

static int open_at(int directory, const char *path, int flags, mode_t mode) {
    if (start_of_machine != NULL && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) {
        path = start_of_machine;
    }
    const char *name = inside(path);
    if (name == NULL) return (int)syscall(SYS_openat, directory, path, flags, mode);
    struct stat status;
    int wasThere = stat(path, &status) == 0;
    uint32_t action = TORTURE_NOTHING;
    if ((flags & O_DIRECTORY) == 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        action = action_for(TORTURE_CLASS_OPEN);
        if (action == TORTURE_FAIL) return -1;
    }
    int file = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (file < 0) {
        end_action(action);
        return file;
    }
    int saved = errno;
    if (file >= DESCRIPTORS || fstat(file, &status) != 0) fatal(path);
    int isNameless = (flags & O_TMPFILE) == O_TMPFILE;
    uint32_t kept = S_ISDIR(status.st_mode) ? IS_DIRECTORY : 0;
    if ((flags & O_DSYNC) == O_DSYNC) kept |= IS_DSYNC;
    // What has no name can't survive, and is nobody's business.
    if (S_ISREG(status.st_mode) && !isNameless) {
        if (!wasThere && (flags & O_CREAT)) {
            uint64_t call = note_names(TORTURE_CREATE, status.st_ino, name, NULL);
            note_end(call, 0);
        } else if (flags & O_TRUNC) {
            uint64_t call = note(TORTURE_TRUNCATE, status.st_ino, 0, 0);
            note_end(call, 0);
        }
        atomic_store(&descriptors[file].inode, status.st_ino);
    }
    atomic_store(&descriptors[file].flags, kept);
    end_action(action);
    errno = saved;
    return file;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_at(directory, path, flags, mode);
}

static void forget(int file) {
    if (file >= 0 && file < DESCRIPTORS) {
        atomic_store(&descriptors[file].inode, 0);
        atomic_store(&descriptors[file].flags, 0);
    }
}

int close(int file) {
    forget(file);
    return (int)syscall(SYS_close, file);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
    uint64_t inode = inode_of(file);
    if (inode != 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED)) {
        note(TORTURE_MAPPED, inode, 0, 0);
    }
    return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset) {
    return mmap(address, length, protection, flags, file, offset);
}

// MARK: Locks

// What is shared in memory changes while such a lock is held, so these are the moments to die at.
static int control_file(int file, int command, void *argument) {
    int isLock = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK
        || command == F_OFD_SETLKW;
    uint32_t action = TORTURE_NOTHING;
    if (isLock && inode_of(file) != 0) {
        action = action_for(TORTURE_CLASS_LOCK);
        if (action == TORTURE_FAIL) return -1;
    }
    long result = syscall(SYS_fcntl, file, command, argument);
    end_action(action);
    return (int)result;
}

int fcntl(int file, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return control_file(file, command, argument);
}

int fcntl64(int file, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return control_file(file, command, argument);
}

// MARK: Names

static int change_names(
    uint32_t kind, const char *path, const char *target, long (*call)(const char *, const char *)
) {
    const char *name = inside(path);
    if (name == NULL) return (int)call(path, target);
    const char *targetName = target == NULL ? NULL : inside(target);
    uint32_t action = action_for(TORTURE_CLASS_NAMES);
    if (action == TORTURE_FAIL) return -1;
    uint64_t number = note_names(kind, 0, name, targetName);
    long result = call(path, target);
    note_end(number, result);
    end_action(action);
    return (int)result;
}

static long raw_rename(const char *old, const char *new) {
    return syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}

static long raw_link(const char *old, const char *new) {
    return syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
}

static long raw_unlink(const char *path, const char *none) {
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static long raw_mkdir(const char *path, const char *none) {
    return syscall(SYS_mkdirat, AT_FDCWD, path, 0755);
}

static long raw_rmdir(const char *path, const char *none) {
    return syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

int rename(const char *old, const char *new) {
    return change_names(TORTURE_RENAME, old, new, raw_rename);
}

int link(const char *old, const char *new) {
    return change_names(TORTURE_LINK, old, new, raw_link);
}

int unlink(const char *path) { return change_names(TORTURE_UNLINK, path, NULL, raw_unlink); }

int rmdir(const char *path) { return change_names(TORTURE_RMDIR, path, NULL, raw_rmdir); }

int mkdir(const char *path, mode_t mode) {
    if (inside(path) == NULL) return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    return change_names(TORTURE_MKDIR, path, NULL, raw_mkdir);
}
