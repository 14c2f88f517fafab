#include "planner/base/memory.h"

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
