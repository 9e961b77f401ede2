// What the preloaded library, `interposer.c`, and the attacks tell each other: records of a trace,
// and a page of control that both have mapped. Included by Swift for the layouts; the library is
// never linked, only preloaded.
//
// ENVIRONMENT                   MEANING
// TORTURE_ROOT=<directory>      only files below it are looked at; absolute
// TORTURE_TRACE=<file>          append a record of every call that changes them
// TORTURE_CONTROL=<file>        a `torture_control`: count calls, and kill or fail at one of them
// TORTURE_START=<file>          what a machine that was started anew says which start it is
// TORTURE_SPARSE=1              let `fallocate` lengthen files without taking memory for them

#ifndef TORTURE_INTERPOSER_H
#define TORTURE_INTERPOSER_H

#include <stdint.h>

// A record of the trace: this header, `path_length` and `target_length` bytes of names relative to
// the root, then `data_length` bytes. Appended by one call each, so that the order of all processes'
// records is the order in which they were made. A call that changes bytes or syncs has two records:
// one before it begins and one (`TORTURE_END`) after it returned.
typedef struct {
    uint32_t magic;
    uint32_t kind;
    uint64_t call;
    uint64_t inode;
    int64_t offset;
    int64_t length;
    int64_t result;
    uint32_t flags;
    uint32_t path_length;
    uint32_t target_length;
    uint32_t data_length;
} torture_record;

enum { TORTURE_MAGIC = 0x54524F54 };

enum {
    TORTURE_WRITE = 1,    // inode, offset, data; flags: TORTURE_DURABLE
    TORTURE_END = 2,      // call, result (negative: -errno)
    TORTURE_TRUNCATE = 3, // inode, length
    TORTURE_ALLOCATE = 4, // inode, offset, length
    TORTURE_PUNCH = 5,    // inode, offset, length
    TORTURE_SYNC = 6,     // inode
    TORTURE_CREATE = 7,   // path, inode
    TORTURE_UNLINK = 8,   // path
    TORTURE_RENAME = 9,   // path, target
    TORTURE_LINK = 10,    // path, target
    TORTURE_MKDIR = 11,   // path
    TORTURE_RMDIR = 12,   // path
    TORTURE_SYNCDIR = 13, // path
    TORTURE_MAPPED = 14,  // inode: written to through memory
    TORTURE_MARK = 15,    // made by the workload: data is its own
};

enum { TORTURE_DURABLE = 1 };

// Kinds of calls, to choose by.
enum {
    TORTURE_CLASS_WRITE = 1,
    TORTURE_CLASS_SYNC = 2,
    TORTURE_CLASS_SIZE = 4,  // ftruncate, fallocate
    TORTURE_CLASS_PUNCH = 8,
    TORTURE_CLASS_OPEN = 16, // open of files
    TORTURE_CLASS_NAMES = 32, // rename, unlink, link, mkdir, rmdir
    TORTURE_CLASS_READ = 64,
    TORTURE_CLASS_LOCK = 128, // taking and dropping locks on bytes
};

enum {
    TORTURE_NOTHING = 0,
    TORTURE_KILL_BEFORE = 1,
    TORTURE_KILL_AFTER = 2,
    TORTURE_KILL_HALFWAY = 3, // a write: half of it is done
    TORTURE_FAIL = 4,         // return -1 with `error`
    TORTURE_SHORT = 5,        // a write: do half of it and say so
};

// Mapped by all processes. Zero is idle.
typedef struct {
    uint64_t count;   // calls of the classes so far
    uint64_t at;      // which call to act on, from 1; 0 for none
    uint64_t last;    // and all up to this one; 0 for `at` alone
    uint64_t acted;   // how often was acted
    uint32_t classes;
    uint32_t action;
    uint32_t error;
    uint32_t acted_classes; // of the calls acted on
} torture_control;

#endif
