#include "planner/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/base/memory.h"

enum { BLOCK_SIZE = 4096 };

struct arena_block {
    struct arena_block *older;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

void arena_clear(struct arena *arena)
{
    for (struct arena_block *block = arena->newest, *older; block; block = older) {
        older = block->older;
        if (arena->secret)
            explicit_bzero(block->bytes, block->used);
        free(block);
    }
    arena->newest = NULL;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t align = alignof(max_align_t);
    size_t need = (size + align - 1) & ~(align - 1);
    struct arena_block *block = arena->newest;

    if (!block || block->size - block->used < need) {
        size_t room = need > BLOCK_SIZE ? need : BLOCK_SIZE;
        block = memory_new(sizeof *block + room);
        block->size = room;
        block->older = arena->newest;
        arena->newest = block;
    }
    void *p = block->bytes + block->used;
    block->used += need;
    return p;
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
    char *copy = arena_alloc(arena, n + 1);
    return n ? memcpy(copy, s, n) : copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return s ? arena_strndup(arena, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t size = n < 0 ? 1 : (size_t)n + 1;
    char *out = arena_alloc(arena, size);
    vsnprintf(out, size, format, ap);
    return out;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *out = arena_vprintf(arena, format, ap);
    va_end(ap);
    return out;
}

void *arena_append(struct arena *arena, void *items, size_t *count, size_t item_size)
{
    void *array;
    memcpy(&array, items, sizeof array); /* `items` points at a pointer to any type */

    size_t n = *count;
    if ((n & (n - 1)) == 0) { /* full: 0, 1, 2, 4, 8 ... items */
        void *larger = arena_alloc(arena, (n ? 2 * n : 1) * item_size);
        if (n)
            memcpy(larger, array, n * item_size);
        array = larger;
        memcpy(items, &array, sizeof array);
    }
    *count = n + 1;
    return (char *)array + n * item_size;
}
