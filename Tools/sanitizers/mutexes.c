// Tells ThreadSanitizer what a contended `Synchronization.Mutex` orders. Preloaded, never linked.
//
// A mutex that nobody holds is taken by an atomic exchange in the code that uses it, which the
// sanitizer sees. One that is held is waited for inside the Swift runtime, which is not compiled for
// the sanitizer: what the thread before did is then taken for a race. These two functions stand
// before the runtime's own, call them, and add what is missing.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

// `_MutexHandle._lockSlow(_:)` and `_MutexHandle._unlockSlow()`.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void lock_function(uint32_t, SELF);
typedef SWIFT void unlock_function(SELF);

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

SWIFT void lock_slow(uint32_t, SELF) __asm__(LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "mutexes.c: this Swift runtime has no %s\n", name);
        abort();
    }
    return function;
}

SWIFT void lock_slow(uint32_t thread, SELF mutex) {
    static lock_function *real;
    lock_function *function = __atomic_load_n(&real, __ATOMIC_ACQUIRE);
    if (function == NULL) {
        function = (lock_function *)next(LOCK);
        __atomic_store_n(&real, function, __ATOMIC_RELEASE);
    }
    function(thread, mutex);
    if (__tsan_acquire != NULL) __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF mutex) {
    static unlock_function *real;
    unlock_function *function = __atomic_load_n(&real, __ATOMIC_ACQUIRE);
    if (function == NULL) {
        function = (unlock_function *)next(UNLOCK);
        __atomic_store_n(&real, function, __ATOMIC_RELEASE);
    }
    if (__tsan_release != NULL) __tsan_release(mutex);
    function(mutex);
}
