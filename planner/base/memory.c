#include "planner/base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void memory_exhausted(void)
{
    fputs("switchover: out of memory\n", stderr);
    abort();
}

void *memory_new(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        memory_exhausted();
    return p;
}

void *memory_resize(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        memory_exhausted();
    return p;
}

char *memory_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    return memcpy(memory_new(size), s, size);
}

void memory_wiping_free(void *p)
{
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

void *memory_wiping_realloc(void *old, size_t size)
{
    size_t held = old ? malloc_usable_size(old) : 0;
    if (old && size && size <= held && held - size < size) /* the block stays: most calls */
        return old;
    void *p = malloc(size ? size : 1);
    if (!p)
        return NULL;
    if (old)
        memcpy(p, old, held < size ? held : size);
    memory_wiping_free(old);
    return p;
}
