/*
 * Allocation that cannot fail: out of memory ends the process in one place (memory.c).
 * The journal makes that the same as a crash, so no caller has a path for it.
 */
#ifndef PLANNER_BASE_MEMORY_H
#define PLANNER_BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory; free() gives it back. */
void *memory_new(size_t size);
/* realloc() that never returns NULL; bytes beyond the old size are not zeroed. */
void *memory_resize(void *old, size_t size);
char *memory_strdup(const char *s);

/* free() and realloc() that overwrite what they give back: for libraries that are told how to
 * allocate, and through whose hands secrets go. realloc()'s own ways to fail are kept. */
void memory_wiping_free(void *p);
void *memory_wiping_realloc(void *old, size_t size);

/* For callers of other libraries whose only way to fail is that memory is out. */
_Noreturn void memory_exhausted(void);

#endif
